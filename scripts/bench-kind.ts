/**
 * Measures kina against the real kind on podman, with the same node image on the same machine, in turns: when the command has
 * returned, when all nodes are Ready, CoreDNS is rolled out and a first pod runs, and how long a delete takes. Writes
 * docs/benchmarks.md. Linux and root, after `scripts/lab up`. Option: --rounds N (default 5, after one to warm up).
 */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { buildGoPrograms } from '../test/lab/node-image/go-programs.ts'
import { buildNodeImage, kubectlOf } from '../test/lab/node-image/build.ts'
import { labDisk, networkName } from '../test/lab/podman/place.ts'
import { podman } from '../test/lab/podman/run.ts'
import { seedArchive } from '../test/lab/podman/seed.ts'
import { machine, median, writeSection } from './benchmarks-page.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const at = process.argv.indexOf('--rounds')
const rounds = at < 0 ? 5 : Number(process.argv[at + 1])
const version = '1.37'
const kindVersion = 'v0.33.0'
const subnet = '192.168.110'

const marks = ['returned', 'nodes Ready', 'CoreDNS rolled out', 'first pod', 'deleted'] as const
type Marks = Readonly<Record<(typeof marks)[number], number>>

/** Largest ratio that is good enough, by nodes and mark. */
const budgets: Readonly<Record<number, Partial<Record<(typeof marks)[number], number>>>> = {
  1: { 'nodes Ready': 0.35, 'CoreDNS rolled out': 0.5, 'first pod': 0.5, 'deleted': 0.1 },
  3: { 'nodes Ready': 0.5, 'deleted': 0.1 },
}

interface Tool {
  readonly name: 'kind' | 'kina'
  readonly env: Readonly<Record<string, string | undefined>>
  create(nodes: number): readonly string[]
  readonly remove: readonly string[]
}

const pod = `apiVersion: apps/v1
kind: Deployment
metadata: {name: first}
spec:
  selector: {matchLabels: {app: first}}
  template:
    metadata: {labels: {app: first}}
    spec: {containers: [{name: first, image: 'docker.io/kina-lab/agnhost:1', args: [pause]}]}
`

const config = (nodes: number): string =>
  `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n${'- role: worker\n'.repeat(nodes - 1)}`

const { version: kinaVersion } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
const folder = await mkdtemp(join(labDisk, 'bench-'))
const node = await buildNodeImage(version)
const kubectl = await kubectlOf(version)
const kind = join(
  await buildGoPrograms({
    name: 'kind',
    module: 'sigs.k8s.io/kind',
    version: kindVersion,
    packages: ['sigs.k8s.io/kind'],
  }),
  'kind',
)

/** Runs a program that must succeed; its output is shown when it does not. */
async function must(argv: readonly string[], env: Tool['env'], input = ''): Promise<void> {
  const [file = '', ...words] = argv
  const child = spawn(file, words, { env: env as NodeJS.ProcessEnv, stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stdin.end(input)
  const code = await new Promise<number | null>((done) => child.once('close', done))
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}:\n${said}`)
}

async function measure(tool: Tool, nodes: number): Promise<Marks> {
  await must([...tool.remove], tool.env)
  const started = performance.now()
  const since = (): number => (performance.now() - started) / 1000
  const ask = (...words: readonly string[]): Promise<void> => must([kubectl, ...words], tool.env)
  await must([...tool.create(nodes)], tool.env, config(nodes))
  const returned = since()
  await must([kubectl, 'apply', '--filename=-'], tool.env, pod)
  const [ready, dns, first] = await Promise.all([
    ask('wait', '--for=condition=Ready', 'node', '--all', '--timeout=300s').then(since),
    ask('--namespace=kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=300s').then(since),
    ask('wait', '--for=condition=Available', 'deployment/first', '--timeout=300s').then(since),
  ])
  const before = since()
  await must([...tool.remove], tool.env)
  return {
    'returned': returned,
    'nodes Ready': ready,
    'CoreDNS rolled out': dns,
    'first pod': first,
    'deleted': since() - before,
  }
}

async function makeTools(): Promise<readonly [Tool, Tool]> {
  const own = async (name: string): Promise<Record<string, string | undefined>> => {
    await mkdir(join(folder, name))
    return { PATH: process.env['PATH'], HOME: join(folder, name), KUBECONFIG: join(folder, name, 'config') }
  }
  // podman asks for more files and processes than a machine in a sandbox may give.
  const limits = join(folder, 'containers.conf')
  await writeFile(
    limits,
    '[containers]\ndefault_ulimits = ["nofile=20000:20000","nproc=30000:30000"]\n[engine]\nruntime = "runc"\n',
  )
  const root = join(folder, 'lab')
  await mkdir(root)
  const image = await seedArchive(root, node)
  await podman('load', '--input', node)
  return [
    {
      name: 'kind',
      env: { ...(await own('kind')), KIND_EXPERIMENTAL_PROVIDER: 'podman', CONTAINERS_CONF: limits },
      create: () => [kind, 'create', 'cluster', '--name', 'bench', '--image', image, '--config', '-'],
      remove: [kind, 'delete', 'cluster', '--name', 'bench'],
    },
    {
      name: 'kina',
      env: {
        ...(await own('kina')),
        KINA_CONTAINER: resolve('test/lab/container'),
        LAB_ROOT: root,
        LAB_BACKEND: 'podman',
        LAB_SUBNET: subnet,
      },
      create: () => [
        resolve('dist/kina'),
        'create',
        'cluster',
        '--name',
        'bench',
        '--image',
        image,
        '--config',
        '-',
        '--wait',
        '0s',
      ],
      remove: [resolve('dist/kina'), 'delete', 'cluster', '--name', 'bench'],
    },
  ]
}

function rowsOf(nodes: number, ofKind: readonly Marks[], ofKina: readonly Marks[]): readonly string[] {
  return marks.map((mark) => {
    const pairs = ofKina.map((its, round) => its[mark] / (ofKind[round]?.[mark] ?? Number.NaN))
    const ratio = median(pairs)
    const budget = budgets[nodes]?.[mark]
    const spread = (all: readonly Marks[]): string => {
      const values = all.map((its) => its[mark])
      return `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)}-${Math.max(...values).toFixed(1)})`
    }
    const verdict = budget === undefined ? '' : ratio <= budget ? 'met' : '**missed**'
    return `| ${nodes} | ${mark} | ${ratio.toFixed(2)} | ${budget ?? ''} | ${verdict} | ${spread(ofKina)} | ${spread(ofKind)} |`
  })
}

try {
  await $({ quiet: true })`node_modules/.bin/bun scripts/build.ts --host-only`
  const [withKind, withKina] = await makeTools()
  const rows: string[] = []
  for (const nodes of [1, 3]) {
    const ofKind: Marks[] = []
    const ofKina: Marks[] = []
    for (let round = -1; round < rounds; round++) {
      const kindFirst = round % 2 === 0
      const first = await measure(kindFirst ? withKind : withKina, nodes)
      const second = await measure(kindFirst ? withKina : withKind, nodes)
      console.error(`${nodes} nodes, round ${round}:`, JSON.stringify(kindFirst ? [first, second] : [second, first]))
      if (round < 0) continue
      ofKind.push(kindFirst ? first : second)
      ofKina.push(kindFirst ? second : first)
    }
    rows.push(...rowsOf(nodes, ofKind, ofKina))
  }
  const text = `Real nodes on Linux (the podman backend of [test/lab](../test/lab/README.md)): medians of the ratios of ${rounds} rounds, kina and
kind in turns, after one round to warm up. Seconds from the start of the create; in brackets the least and the most.

| Nodes | Until | Ratio | Budget | | kina | kind |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

- ${machine()}
- kind ${kindVersion} on ${(await podman('--version')).trim()}, kina ${kinaVersion}, both with the lab's node image of Kubernetes ${version}; kina
  with \`--wait 0s\`, as kind has it.
- Not fair: kind's delete pays the 10 s that podman gives a container to stop. A Mac boots a VM where this lab starts a container.
`
  await writeSection('Against kind', text)
  console.log(text)
} finally {
  await podman('network', 'rm', '--force', networkName(`${subnet}.1`))
  await rm(folder, { recursive: true, force: true })
}
