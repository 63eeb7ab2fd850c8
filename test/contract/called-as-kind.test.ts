import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { kinaBinary, makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'

/** Texts and exit codes of this file are those of kind 0.33; test/e2e/as-kind.test.ts compares with the real one. */

type Run = (...words: readonly string[]) => Promise<Outcome>
const asKind =
  (lab: Lab, env: Readonly<Record<string, string>> = {}): Run =>
  (...words) =>
    lab.kina(words, { calledAs: 'kind', env })

describe('a link named kind', () => {
  let lab: Lab
  let bin: string
  beforeAll(async () => {
    lab = await makeLab()
    bin = join(lab.root, 'bin')
    await mkdir(bin)
    await symlink(kinaBinary, join(bin, 'kind'))
    await symlink('kind', join(bin, 'mankind'))
  })
  afterAll(() => lab.remove())

  const through = async (program: string, ...words: readonly string[]): Promise<string> => {
    const env = { ...lab.env, PATH: `${bin}:${lab.env['PATH']}` }
    return (await promisify(execFile)(program, [...words], { env, cwd: lab.root })).stdout
  }

  it('is kind, however it is reached', async () => {
    for (const program of ['kind', join(bin, 'kind'), 'bin/kind'])
      expect(await through(program, '--version')).toBe('kind version 0.33.0\n')
    expect(await through('mankind', '--version')).toMatch(/^kina version /)
  })

  it("says its version in kind's form, with a second word that counts as kind's version", async () => {
    expect(await through('kind', 'version')).toMatch(/^kind v0\.33\.0 kina\S+ linux\/(amd64|arm64)\n$/)
    expect(await through('kind', 'version', '-v', '1')).toBe(await through('kind', 'version'))
    for (const quiet of ['-q', '--quiet']) expect(await through('kind', 'version', quiet)).toBe('0.33.0\n')
  })

  it('shows commands to type as they are typed', async () => {
    for (const words of [
      [],
      ['help'],
      ['create', 'cluster', '--help'],
      ['get', '-h'],
      ['help', 'delete', 'clusters'],
    ]) {
      const help = await through('kind', ...words)
      expect(help).toContain('Usage: kind ')
      expect(help).not.toMatch(/^ +kina |Usage: kina|"kina /m)
    }
  })
})

describe('under the name kind', () => {
  let lab: Lab
  let kind: Run
  beforeAll(async () => {
    lab = await makeLab()
    kind = asKind(lab)
    await writeFile(
      `${lab.home}/wrong.yaml`,
      'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {ipFamily: ipv9}\n',
    )
  })
  afterAll(() => lab.remove())

  const answers: readonly (readonly [string, 0 | 1, string])[] = [
    ['get clusters', 0, 'No kind clusters found.\n'],
    ['get nodes', 0, 'No kind nodes found for cluster "kind".\n'],
    ['get nodes --name dev', 0, 'No kind nodes found for cluster "dev".\n'],
    ['get nodes -A', 0, 'No kind nodes for any cluster.\n'],
    ['get nodes -A -q', 0, ''],
    ['delete cluster', 0, 'Deleting cluster "kind" ...\n'],
    ['delete cluster -qv1', 0, ''],
    ['delete clusters a b', 0, 'Deleted clusters: ["a" "b"]\n'],
    ['delete clusters a -- b', 0, 'Deleted clusters: ["a" "b"]\n'],
    ['delete clusters --all', 0, 'Deleted clusters: []\n'],
    ['delete clusters a --all', 0, 'Deleted clusters: []\n'],
    ['delete clusters', 1, 'ERROR: no cluster names provided\n'],
    ['get kubeconfig', 1, "ERROR: could not locate any control plane nodes for cluster named 'kind'"],
    ['get kubeconfig --internal', 1, "ERROR: could not locate any control plane nodes for cluster named 'kind'"],
    ['export kubeconfig --name dev', 1, "ERROR: could not locate any control plane nodes for cluster named 'dev'"],
    ['export logs', 1, 'ERROR: unknown cluster "kind"\n'],
    ['create cluster --config nowhere.yaml', 1, 'ERROR: failed to create cluster: '],
    ['create cluster --config wrong.yaml', 1, 'ERROR: failed to create cluster: '],
    ['create cluster --name Big', 1, "'Big' is not a valid cluster name, cluster names must match `^[a-z0-9.-]+$`\n"],
    ['create cluster --wait 30', 1, 'invalid duration "30"'],
    ['get kubeconfig -q', 1, ''],
    // What pflag and cobra say.
    ['frob', 1, 'ERROR: unknown command "frob" for "kind"\n'],
    ['create', 1, 'ERROR: Subcommand is required\n'],
    ['delete', 1, 'ERROR: Subcommand is required\n'],
    ['get cluster', 1, 'ERROR: Subcommand is required\n'],
    ['get clusters x', 1, 'ERROR: unknown command "x" for "kind get clusters"\n'],
    ['get clusters -- x', 1, 'ERROR: unknown command "x" for "kind get clusters"\n'],
    ['get nodes x', 1, 'ERROR: unknown command "x" for "kind get nodes"\n'],
    ['get kubeconfig x', 1, 'ERROR: unknown command "x" for "kind get kubeconfig"\n'],
    ['create cluster x', 1, 'ERROR: unknown command "x" for "kind create cluster"\n'],
    ['delete cluster x', 1, 'ERROR: unknown command "x" for "kind delete cluster"\n'],
    ['export kubeconfig x', 1, 'ERROR: unknown command "x" for "kind export kubeconfig"\n'],
    ['export logs a b', 1, 'ERROR: accepts at most 1 arg(s), received 2\n'],
    ['create cluster --nam x', 1, 'ERROR: unknown flag: --nam\n'],
    ['get nodes -Ax', 1, "ERROR: unknown shorthand flag: 'x' in -x\n"],
    ['create cluster --wait', 1, 'ERROR: flag needs an argument: --wait\n'],
    ['get clusters -v', 1, "ERROR: flag needs an argument: 'v' in -v\n"],
    ['get clusters -v x', 1, 'ERROR: invalid argument "x" for "-v, --verbosity" flag: strconv.ParseInt: parsing "x": '],
    ['create cluster --retain=maybe', 1, 'ERROR: invalid argument "maybe" for "--retain" flag: strconv.ParseBool: '],
  ]
  for (const [line, code, says] of answers) {
    it(`"kind ${line}" ends with ${code}`, async () => {
      const { exitCode, stdout, stderr } = await kind(...line.split(' '))
      if (says.endsWith('\n') && code === 1) expect(`${stderr}\n`).toContain(says)
      else if (says === '') expect(stderr).toBe('')
      else expect(stderr).toContain(says)
      expect([exitCode, stdout]).toEqual([code, ''])
    })
  }

  it('nothing is called for a command line that is refused', async () => {
    await lab.forgetCalls()
    for (const line of ['create', 'delete', 'create cluster x', 'delete cluster x', 'delete clusters'])
      await kind(...line.split(' '))
    expect(await lab.calls()).toEqual([])
  })

  it('hints name commands as they are typed', async () => {
    expect((await kind('get', 'kubeconfig')).stderr).toContain('"kind get clusters" lists them')
    expect((await kind('get', 'nodes', 'x')).stderr).toContain('See "kind help get nodes"')
  })

  it('switches take the words that Go takes for true and false', async () => {
    for (const yes of ['1', 't', 'True'])
      expect((await kind('delete', 'clusters', `--all=${yes}`)).stderr).toContain('Deleted clusters: []')
    for (const no of ['0', 'F', 'FALSE'])
      expect((await kind('delete', 'clusters', `--all=${no}`)).stderr).toContain('no cluster names provided')
  })
})

describe('a cluster that is made under the name kind', () => {
  let lab: Lab
  let kind: Run
  let created: Outcome
  const contexts = async (): Promise<unknown> => {
    const config = parse(await readFile(lab.kubeconfig, 'utf8')) as {
      'contexts': readonly { name: string; context: { cluster: string; user: string } }[]
      'current-context': string
    }
    return [
      config['current-context'] || undefined,
      ...config.contexts.map(({ name, context }) => `${name} ${context.cluster} ${context.user}`),
    ]
  }
  beforeAll(async () => {
    lab = await makeLab()
    kind = asKind(lab)
    created = await kind('create', 'cluster')
  })
  afterAll(() => lab.remove())

  it('is announced in lines that tools look for, and writes nothing to stdout', () => {
    expect(`${created.exitCode} ${created.stdout}`).toBe('0 ')
    const lines = created.stderr.split('\n')
    expect(lines[0]).toBe('Creating cluster "kind" ...')
    expect(lines.filter((line) => line === 'Set kubectl context to "kind-kind"')).toHaveLength(1)
    expect(created.stderr).toContain('You can now use your cluster with:\n\nkubectl cluster-info --context kind-kind\n')
    expect(created.stderr).not.toContain('Wait for nodes and CoreDNS')
  })

  it("has kind's names for cluster, nodes, context, cluster and user of the kubeconfig", async () => {
    expect((await kind('get', 'clusters')).stdout).toBe('kind\n')
    expect((await kind('get', 'nodes')).stdout).toBe('kind-control-plane\n')
    expect(await contexts()).toEqual(['kind-kind', 'kind-kind kind-kind kind-kind'])
    const { stdout } = await kind('get', 'kubeconfig')
    expect(stdout).toContain('current-context: kind-kind\n')
    expect(stdout.endsWith('\n\n')).toBe(true)
    const internal = (await kind('get', 'kubeconfig', '--internal')).stdout
    expect(internal).toContain('server: https://kind-control-plane:6443\n')
  })

  it('is there only once', async () => {
    const again = await kind('create', 'cluster')
    expect(again.stderr).toContain(
      'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "kind"\n',
    )
    expect(again.exitCode).toBe(1)
  })

  it('exports its kubeconfig and its logs', async () => {
    const file = `${lab.home}/exported`
    const { exitCode, stdout, stderr } = await kind('export', 'kubeconfig', '--kubeconfig', file)
    expect([exitCode, stdout, stderr]).toEqual([0, '', 'Set kubectl context to "kind-kind"\n'])
    expect(await readFile(file, 'utf8')).toContain('current-context: kind-kind')
    const logs = await kind('export', 'logs', 'logs')
    expect([logs.exitCode, logs.stdout]).toEqual([0, 'logs\n'])
    expect(logs.stderr).toContain('Exporting logs for cluster "kind" to:\n')
    expect(await readFile(`${lab.home}/logs/kind-version.txt`, 'utf8')).toMatch(/^kind v0\.33\.0 /)
  })

  it('is named as the flag says, else as KIND_CLUSTER_NAME does, else as the file does', async () => {
    const input = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: from-file\n'
    const named = async (env: Record<string, string>, ...words: readonly string[]): Promise<string> => {
      const planned = await lab.kina(['create', 'cluster', '--config', '-', '--plan', '-o', 'json', ...words], {
        calledAs: 'kind',
        env,
        input,
      })
      return (JSON.parse(planned.stdout) as { spec: { name: string; contextName: string } }).spec.contextName
    }
    expect(await named({ KIND_CLUSTER_NAME: 'env' }, '--name', 'flag')).toBe('kind-flag')
    expect(await named({ KIND_CLUSTER_NAME: 'env' })).toBe('kind-env')
    expect(await named({ KINA_CLUSTER_NAME: 'other' })).toBe('kind-from-file')
    const env = asKind(lab, { KIND_CLUSTER_NAME: 'env' })
    expect((await env('get', 'nodes')).stderr).toContain('cluster "env"')
    expect((await env('get', 'kubeconfig', '-n', 'flag')).stderr).toContain("cluster named 'flag'")
    expect((await env('delete', 'clusters')).exitCode).toBe(1)
  })

  it('shows commands from -v 1, and fails with 1 whatever went wrong', async () => {
    expect((await kind('get', 'clusters', '-v', '1')).stderr).toMatch(/\$ .*container list/)
    const down = asKind(lab, { KINA_CONTAINER: '/no/such/container' })
    const failed = await down('get', 'clusters')
    expect(failed.stderr).toMatch(/^ERROR: /)
    expect(failed.stderr).not.toContain('Code:')
    expect(failed.exitCode).toBe(1)
  })

  it('takes a --wait that runs out for a warning', async () => {
    const { exitCode, stderr } = await kind('create', 'cluster', '--name', 'waited', '--wait', '1ms')
    expect(stderr).toContain('was not ready within 0.001 s')
    expect(exitCode).toBe(0)
  })

  it('deletes several, and one that cannot be deleted neither stops the others nor counts as a failure', async () => {
    const faults = [{ matches: ['delete', 'waited-control-plane'], do: { fail: { message: 'internalError: "no"' } } }]
    const { exitCode, stderr } = await asKind(lab, { LAB_FAULTS: JSON.stringify(faults) })('delete', 'clusters', '-A')
    expect(stderr).toContain('Deleted nodes: ["kind-control-plane"]')
    expect(stderr).toContain('Deleted clusters: ["kind"]')
    expect(exitCode).toBe(0)
    expect((await kind('get', 'clusters')).stdout).toBe('waited\n')
  })

  it('leaves no current context when it is deleted', async () => {
    await kind('create', 'cluster')
    expect(await contexts()).toContain('kind-kind')
    const deleted = await kind('delete', 'cluster')
    expect(deleted.stderr).toBe('Deleting cluster "kind" ...\nDeleted nodes: ["kind-control-plane"]\n')
    expect(await contexts()).toEqual([undefined, 'kind-waited kind-waited kind-waited'])
  })
})

describe("kind's other variables", () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await makeLab()
  })
  afterAll(() => lab.remove())

  it('that have no effect are named, once and only where kind reads them', async () => {
    const env = { KIND_EXPERIMENTAL_PROVIDER: 'podman', KIND_EXPERIMENTAL_DOCKER_NETWORK: 'mine' }
    const provider =
      'ignoring unknown value "podman" for KIND_EXPERIMENTAL_PROVIDER: nodes are run by Apple\'s container\n'
    expect((await asKind(lab, env)('get', 'clusters')).stderr).toBe(`${provider}No kind clusters found.\n`)
    expect((await asKind(lab, env)('get', 'clusters', '--quiet')).stderr).toBe('')
    const created = await asKind(lab, env)('create', 'cluster', '--plan')
    expect(created.stderr).toContain(`${provider}ignoring unknown value "mine" for KIND_EXPERIMENTAL_DOCKER_NETWORK`)
    expect((await lab.kina(['get', 'clusters'], { env })).stderr).toBe('No kina clusters found.\n')
  })

  it('KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER reaches the nodes', async () => {
    const env = { KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER: 'native' }
    const environment = async (node: string): Promise<readonly string[]> => {
      const shown = await lab.container(['inspect', node])
      const [first] = JSON.parse(shown.stdout) as { configuration: { initProcess: { environment: string[] } } }[]
      return first?.configuration.initProcess.environment ?? []
    }
    expect((await asKind(lab, env)('create', 'cluster')).exitCode).toBe(0)
    expect(await environment('kind-control-plane')).toContain('KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER=native')
    expect((await lab.kina(['create', 'cluster', 'own'], { env })).exitCode).toBe(0)
    expect((await environment('own-control-plane')).join()).not.toContain('SNAPSHOTTER')
  })

  it('KUBECONFIG: the first file that exists is written, the last one made; --kubeconfig wins', async () => {
    const [none, first, second, flag] = ['none', 'first', 'second', 'flag'].map((name) => `${lab.home}/${name}`)
    await writeFile(first ?? '', '')
    await writeFile(second ?? '', '')
    const exporting = asKind(lab, { KUBECONFIG: `${none}:${first}:${second}` })
    await exporting('export', 'kubeconfig')
    await exporting('export', 'kubeconfig', '--kubeconfig', flag ?? '')
    expect(await readFile(first ?? '', 'utf8')).toContain('kind-kind')
    expect(await readFile(flag ?? '', 'utf8')).toContain('kind-kind')
    expect(await readFile(second ?? '', 'utf8')).toBe('')
    await asKind(lab, { KUBECONFIG: `${none}:${none}2` })('export', 'kubeconfig')
    expect(await readFile(`${none}2`, 'utf8')).toContain('kind-kind')
  })
})
