/** Stands for kubectl beside the API server of a simulated cluster. Verbs and flags that it does not know are errors. */
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import { parse, parseAllDocuments } from 'yaml'
import { apiServerRuns, changeStore, inGuest, readStore, type Store, type StoredNode } from './cluster-store.ts'
import { evaluate } from './jsonpath.ts'

function fail(message: string): never {
  throw new Error(message)
}

const settings = JSON.parse(readFileSync('/lab-settings', 'utf8')) as { lateMs: number }

const flags: Record<string, string> = {}
const words: string[] = []
for (const word of process.argv.slice(2)) {
  if (!word.startsWith('--')) {
    words.push(word)
    continue
  }
  const [name = '', value = 'true'] = word.slice(2).split(/=(.*)/s)
  flags[name] = value
}

/** Complains about flags that the verb does not have. */
function allow(...known: readonly string[]): void {
  const unknown = Object.keys(flags).find(
    (flag) => ![...known, 'namespace', 'request-timeout', 'kubeconfig'].includes(flag),
  )
  if (unknown) fail(`error: unknown flag: --${unknown}`)
}

function store(): Store {
  const kubeconfig = flags['kubeconfig'] ?? process.env['KUBECONFIG'] ?? '/root/.kube/config'
  if (!existsSync(kubeconfig))
    fail('The connection to the server localhost:8080 was refused - did you specify the right host or port?')
  const { clusters } = parse(readFileSync(kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] }
  const found = readStore(hostname())
  if (!apiServerRuns(hostname()) || !found)
    fail(`The connection to the server ${clusters[0]?.cluster.server} was refused`)
  return found
}

function nodeNamed(name: string | undefined): StoredNode {
  return store().nodes[name ?? ''] ?? fail(`Error from server (NotFound): nodes "${name}" not found`)
}

/** Why the kubelet of this node would not say Ready, undefined when it would. */
function whyNotReady({ guest, podCIDRs }: StoredNode): string | undefined {
  if (!existsSync(inGuest(guest, '/run/lab/kubelet.active'))) return 'Kubelet stopped posting node status.'
  const folder = inGuest(guest, '/etc/cni/net.d')
  const file = existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith('.conflist')) : undefined
  const notInitialized =
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized'
  if (!file) return notInitialized
  const { plugins } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as {
    plugins: { ipam?: { ranges: { subnet: string }[][] } }[]
  }
  const ranges = plugins.flatMap(({ ipam }) => ipam?.ranges.flat() ?? []).map(({ subnet }) => subnet)
  return podCIDRs.every((cidr) => ranges.includes(cidr))
    ? undefined
    : `${notInitialized}: ranges ${ranges.join(',')} are not ${podCIDRs.join(',')}`
}

/** As on a busy machine: its ranges come late, and as much later its kubelet says that all is well. */
function asObject({ since, ...its }: StoredNode): object {
  const age = Date.now() - since
  const node = { since, ...its, podCIDRs: age < settings.lateMs ? [] : its.podCIDRs }
  const reason = age < 2 * settings.lateMs ? 'the kubelet has not looked yet' : whyNotReady(node)
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, labels: node.labels },
    spec: {
      podCIDR: node.podCIDRs[0],
      podCIDRs: node.podCIDRs,
      ...(node.taints.length > 0 ? { taints: node.taints } : {}),
    },
    status: {
      addresses: [{ type: 'InternalIP', address: node.address }],
      conditions: [
        {
          type: 'Ready',
          status: reason === undefined ? 'True' : 'False',
          message: reason ?? 'kubelet is posting ready status',
        },
      ],
      nodeInfo: { kubeletVersion: node.version },
    },
  }
}

function print(value: object): void {
  const { output = '' } = flags
  if (output === 'json') console.log(JSON.stringify(value, null, 2))
  else if (output.startsWith('jsonpath=')) process.stdout.write(evaluate(output.slice('jsonpath='.length), value))
  else fail(`error: unable to match a printer suitable for the output format "${output}"`)
}

function get([what, name]: readonly string[]): void {
  if (flags['raw'] !== undefined) {
    allow('raw')
    store()
    if (flags['raw'] !== '/readyz') fail('Error from server (NotFound)')
    process.stdout.write('ok')
    return
  }
  allow('output')
  if (what !== 'node' && what !== 'nodes') fail(`error: the server doesn't have a resource type "${what}"`)
  if (flags['output'] === 'name') {
    const named = name === undefined ? Object.values(store().nodes) : [nodeNamed(name)]
    for (const node of named) console.log(`node/${node.name}`)
    return
  }
  if (name !== undefined) print(asObject(nodeNamed(name)))
  else print({ apiVersion: 'v1', kind: 'List', items: Object.values(store().nodes).map(asObject) })
}

function apply(): void {
  allow('server-side', 'force-conflicts', 'validate', 'filename')
  store()
  const path = flags['filename'] ?? fail('error: must specify --filename')
  if (!existsSync(path)) fail(`error: the path "${path}" does not exist`)
  const text = readFileSync(path, 'utf8')
  const objects = parseAllDocuments(text).flatMap((document) => {
    const [error] = 'errors' in document ? document.errors : []
    if (error) fail(`error: error parsing ${path}: ${error.message}`)
    const value = document.toJS() as { kind?: string; apiVersion?: string; metadata?: { name?: string } } | null
    if (value === null) return []
    if (!value.kind || !value.apiVersion || !value.metadata?.name)
      fail(`error: error validating "${path}": kind, apiVersion and metadata.name must be set`)
    return [[`${value.kind}/${value.metadata.name}`, value] as const]
  })
  if (text.includes('{{')) fail(`error: error parsing ${path}: yaml: invalid map key`)
  changeStore(hostname(), (state) => Object.assign(state.objects, Object.fromEntries(objects)))
  appendFileSync('/var/log/lab/applied', `${path}\n`)
}

function taint([what, name, change = '']: readonly string[]): void {
  allow()
  if (what !== 'node' || !change.endsWith('-')) fail('error: at least one taint update is required')
  const key = change.slice(0, -1)
  if (!nodeNamed(name).taints.some((its) => its.key === key)) fail(`error: taint "${key}" not found`)
  changeStore(hostname(), ({ nodes }) => {
    const node = nodes[name ?? '']
    if (node) node.taints = node.taints.filter((its) => its.key !== key)
  })
}

function label([what, name, change = '']: readonly string[]): void {
  allow('output')
  if (what !== 'node' || !change.endsWith('-')) fail('error: at least one label update is required')
  const node = nodeNamed(name)
  changeStore(hostname(), ({ nodes }) => {
    delete nodes[name ?? '']?.labels[change.slice(0, -1)]
  })
  if (flags['output'] !== undefined) print(asObject(node))
}

function remove([what, name = '']: readonly string[]): void {
  allow('ignore-not-found')
  store()
  if (what === 'node') {
    const isThere = changeStore(hostname(), ({ nodes }) => name in nodes && delete nodes[name])
    if (!isThere && flags['ignore-not-found'] !== 'true')
      fail(`Error from server (NotFound): nodes "${name}" not found`)
    return
  }
  if (what !== 'secret' || flags['namespace'] !== 'kube-system') fail(`error: not emulated: delete ${what}`)
  const id = name.replace(/^bootstrap-token-/, '')
  const wasThere = changeStore(hostname(), ({ tokens }) => delete tokens[id])
  if (!wasThere && flags['ignore-not-found'] !== 'true')
    fail(`Error from server (NotFound): secrets "${name}" not found`)
}

function rollout([verb, what]: readonly string[]): void {
  allow('timeout')
  if (verb !== 'status' || what !== 'deployment/coredns') fail(`error: not emulated: rollout ${verb} ${what}`)
  const end = Date.now() + Number.parseInt(flags['timeout'] ?? '0', 10) * 1000
  // CoreDNS tolerates the control plane's taint: one node that is Ready is enough. It reaches the API server at its service
  // address, which somebody has to translate.
  const isServed = (): boolean =>
    'DaemonSet/kube-proxy' in store().objects &&
    Object.values(store().nodes).some((node) => whyNotReady(node) === undefined)
  while (!isServed()) {
    if (Date.now() > end) fail('error: timed out waiting for the condition')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  }
  console.log('deployment "coredns" successfully rolled out')
}

const verbs: Readonly<Record<string, (rest: readonly string[]) => void>> = {
  get,
  apply,
  taint,
  label,
  delete: remove,
  rollout,
}
try {
  const [verb = '', ...rest] = words
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (!run) fail(`error: unknown command "${verb}" for "kubectl"`)
  run(rest)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
