/** Commands on one finished cluster that a node program is tried by: each says what is wrong, undefined when nothing was noticed. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { configuration, controlPlane, ending, oneText, rootOf } from './create-trials.ts'
import { makeFaultLab, type FaultLab } from './fault-lab.ts'
import { makeImage, ociArchive } from './oci-images.ts'

export type ClusterTrial = (lab: FaultLab, env: Readonly<Record<string, string>>) => Promise<string | undefined>

export async function finishedCluster(): Promise<FaultLab> {
  const lab = await makeFaultLab()
  const config = join(lab.root, 'cluster.yaml')
  await writeFile(config, configuration)
  await lab.mustSucceed(['create', 'cluster', '--config', config])
  const pods = join(rootOf(lab), 'var/log/pods/a')
  await mkdir(pods, { recursive: true })
  await writeFile(join(pods, '0.log'), 'said by a pod\n')
  await writeFile(join(pods, '../../alternatives.log'), 'alternatives\n')
  return lab
}

export async function tryStatus(lab: FaultLab, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const outcome = await lab.run(['status'], env)
  if (outcome.exitCode === 0 && /kina-control-plane .* Ready +v1\.37\.0/.test(outcome.stdout)) return undefined
  return `status: ${ending(outcome)}`
}

/** What a simulated guest has in these files when it is ill in every way that look-at-node asks about; null is no file. */
const ill: Readonly<Record<string, string | null>> = {
  'lab-clock': '-600\n',
  'lab-dns': 'down\n',
  'lab-kernel': 'release=6.12.28\nnf_tables=no\n',
  'run/lab/offloads': 'tso on gso on\n',
  'run/lab/kubelet.active': null,
  'run/lab/containerd.active': null,
  'run/kina/hosts-complete': null,
}
const illnesses = [
  'node-clock',
  'node-dns',
  'node-hosts',
  'node-kernel',
  'node-offloads',
  'node-services: containerd does not run',
  'node-services: kubelet does not run',
]

/** Of a node that is well nothing may be found, of one that is ill everything. */
export async function tryDoctor(lab: FaultLab, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const look = async (): Promise<readonly string[]> => {
    const { stdout } = await lab.run(['doctor', '-o', 'json'], env)
    const { checks } = JSON.parse(stdout) as {
      checks: readonly { readonly name: string; readonly findings: readonly { readonly evidence: string }[] }[]
    }
    return checks
      .filter(({ name }) => /^nodes?-/.test(name))
      .flatMap(({ name, findings }) => findings.map(({ evidence }) => `${name}: ${evidence}`))
  }
  const ofWell = await look()
  if (ofWell.length > 0) return `doctor: ${ofWell.join('\n')}`
  const write = async (files: Readonly<Record<string, string | null>>): Promise<void> => {
    for (const [name, text] of Object.entries(files))
      await (text === null ? rm(join(rootOf(lab), name), { force: true }) : writeFile(join(rootOf(lab), name), text))
  }
  const before = await Promise.all(
    Object.keys(ill).map(
      async (name) => [name, await readFile(join(rootOf(lab), name), 'utf8').catch(() => null)] as const,
    ),
  )
  try {
    await write(ill)
    const found = await look()
    return oneText(
      illnesses
        .filter((its) => !found.some((line) => line.startsWith(its)))
        .map((its) => `doctor: ${its} is not found`),
    )
  } finally {
    await write(Object.fromEntries(before))
  }
}

export async function tryLogs(lab: FaultLab, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const folder = join(lab.root, `logs-${crypto.randomUUID()}`)
  const kept = join(rootOf(lab), 'var/lib/kina')
  // What a mutant before has left.
  for (const name of await logsIn(kept)) await rm(join(kept, name), { recursive: true })
  const outcome = await lab.run(['export', 'logs', folder], env)
  if (outcome.exitCode !== 0 || /^Warning/im.test(outcome.stderr)) return `export logs: ${ending(outcome)}`
  const wanted: Readonly<Record<string, RegExp>> = {
    'kubernetes-version.txt': /^v1\.37\.0\n$/,
    'journal.log': /^-- Journal of all units --\n/,
    'kubelet.log': /^-- Journal of kubelet --\n/,
    'containerd.log': /^-- Journal of containerd --\n/,
    'images.log': /^IMAGE /,
    'alternatives.log': /^alternatives\n$/,
    'pods/a/0.log': /^said by a pod\n$/,
    'kina/kubeadm-init.log': /(?:)/,
  }
  const found = await Promise.all(
    Object.entries(wanted).map(async ([file, says]) => {
      const text = await readFile(join(folder, controlPlane, file), 'utf8').catch(() => undefined)
      return text !== undefined && says.test(text)
        ? []
        : [`export logs: ${file} is ${JSON.stringify(text)?.slice(0, 200)}`]
    }),
  )
  return oneText([...found.flat(), ...(await logsIn(kept)).map((name) => `left in the node: ${name}`)])
}

async function logsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('logs'))
}

const base = { 'usr/base': 'b'.repeat(2000) }
const loaded = makeImage({ reference: 'docker.io/library/web:1', layers: [base, { 'srv/page': 'one' }] })
const newer = makeImage({ reference: 'docker.io/library/web:2', layers: [base, { 'srv/page': 'two' }] })
const renamed = { ...loaded, reference: 'example.com/shop/web:stable' }

/** An image of which the node has a layer, and another that only gets a further name. */
export async function tryLoad(lab: FaultLab, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  await rm(join(rootOf(lab), 'var/lib/lab-containerd'), { recursive: true, force: true })
  const first = join(lab.root, 'first.tar')
  const second = join(lab.root, 'second.tar')
  await writeFile(first, ociArchive([loaded]))
  await writeFile(second, ociArchive([newer, renamed]))
  await lab.mustSucceed(['load', 'image-archive', first])
  const blobs = join(rootOf(lab), 'var/lib/lab-containerd/blobs')
  // A kindest/node throws layers away when they are unpacked.
  await rm(join(blobs, loaded.platforms[0]?.layers[0]?.replace('sha256:', '') ?? ''))
  const before = await readdir(blobs)
  const outcome = await lab.run(['load', 'image-archive', second, '--log-format', 'json'], env)
  if (outcome.exitCode !== 0) return `load: ${ending(outcome)}`
  const sizes = [...outcome.stderr.matchAll(/"kind":"progress".*?"done":(\d+)/g)].map(([, done]) => Number(done))
  const top = newer.blobs.get(newer.platforms[0]?.layers[1] ?? '')?.length
  const state = JSON.parse(await readFile(join(rootOf(lab), 'var/lib/lab-containerd/state.json'), 'utf8')) as {
    images: Record<string, string>
  }
  const after = await readdir(blobs)
  return oneText([
    ...(outcome.stderr.includes(`tagged on ${controlPlane}`)
      ? []
      : ['load: an image that is there was not only named anew']),
    ...(sizes.at(-1) === top ? [] : [`load: ${sizes.at(-1)} bytes of layers were sent, not ${top}`]),
    ...[newer, renamed].map(({ reference }) => reference).filter((name) => state.images[name] === undefined),
    // A manifest, a configuration and a layer; what held others meanwhile is gone.
    ...(after.length === before.length + 3 ? [] : [`load: ${after.length - before.length} new blobs, not 3`]),
  ])
}
