/** Stands for kubeadm: decodes its configuration strictly, makes real certificates, and fails where kubeadm would. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import { parse, parseAllDocuments } from 'yaml'
import { makeAuthority, makeCertificate, publicKeyHash } from './certificates.ts'
import {
  addressOf,
  apiServerRuns,
  changeStore,
  giveRanges,
  guestAt,
  inGuest,
  writeStore,
  type Store,
  type Taint,
} from './cluster-store.ts'
import { initPhases, joinPhases, mismatches, schemaFor } from './kubeadm-schema.ts'

type Fields = Record<string, unknown>

const version = readFileSync('/kind/version', 'utf8').trim()
const minor = Number(version.split('.')[1])
const settings = JSON.parse(readFileSync('/lab-settings', 'utf8')) as {
  kubeadmMs: number
  failingAddon: string
  staysForOthers: boolean
}
const runs = '/var/log/lab/kubeadm-runs'

function fail(message: string): never {
  throw new Error(message)
}

function parseFlags(words: readonly string[], known: readonly string[]): Record<string, string> {
  const flags: Record<string, string> = {}
  for (const word of words) {
    const [name = '', value = 'true'] = word.split(/=(.*)/s)
    if (!known.includes(name)) fail(`unknown flag: ${word}`)
    flags[name.slice(2)] = value
  }
  return flags
}

function readConfig(path: string | undefined): readonly Fields[] {
  if (path === undefined) fail('this stand-in needs --config')
  const documents = parseAllDocuments(readFileSync(path, 'utf8')).map((document) => {
    const [error] = 'errors' in document ? document.errors : []
    if (error) fail(`error converting YAML to JSON: ${error.message}`)
    return document.toJS() as Fields
  })
  const problems = documents.flatMap((document) => {
    const schema = schemaFor(String(document['apiVersion']), String(document['kind']), minor)
    if (!schema)
      return [`no kind "${String(document['kind'])}" is registered for version "${String(document['apiVersion'])}"`]
    return mismatches(document, schema, '')
  })
  if (problems.length > 0) fail(problems.join('\n'))
  const kubeadm = new Set(
    documents.map(({ apiVersion }) => String(apiVersion)).filter((api) => api.startsWith('kubeadm')),
  )
  if (kubeadm.size > 1) fail('more than one API version of kubeadm in one file')
  return documents
}

function find(documents: readonly Fields[], kind: string): Fields {
  return documents.find((document) => document['kind'] === kind) ?? fail(`no ${kind} in the configuration`)
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Fields | undefined)?.[key], value)
}

/** extraArgs of either version as a map. */
function argsOf(value: unknown): Readonly<Record<string, string>> {
  if (Array.isArray(value))
    return Object.fromEntries((value as { name: string; value: string }[]).map((arg) => [arg.name, arg.value]))
  return (value ?? {}) as Record<string, string>
}

function checkPhases(document: Fields, known: readonly string[]): readonly string[] {
  const skipped = (document['skipPhases'] ?? []) as string[]
  const unknown = skipped.find((phase) => !known.includes(phase))
  if (unknown) fail(`invalid phase name: ${unknown}`)
  return skipped
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const [ownAddress = '', , six = ''] = readFileSync('/lab-address', 'utf8').trim().split(' ')

interface Registration {
  readonly name: string
  readonly labels: Record<string, string>
}

function registrationOf(document: Fields): Registration {
  const name = String(at(document, 'nodeRegistration', 'name') ?? hostname())
  if (addressOf(name) === undefined) fail(`lookup ${name}: no such host`)
  const args = argsOf(at(document, 'nodeRegistration', 'kubeletExtraArgs'))
  for (const address of (args['node-ip'] ?? ownAddress).split(',')) {
    if (address !== ownAddress && address !== six)
      fail(`kubelet: node IP: "${address}" not found in the host's network interfaces`)
  }
  const labels = Object.fromEntries(
    (args['node-labels'] ?? '')
      .split(',')
      .filter(Boolean)
      .map((pair) => pair.split('=') as [string, string]),
  )
  return { name, labels }
}

/** kubeadm reads the folder before anything else; a file whose target it does not know is no error. */
function checkPatches(document: Fields): void {
  const folder = at(document, 'patches', 'directory')
  if (folder === undefined) return
  if (!existsSync(String(folder))) fail(`invalid path ${JSON.stringify(folder)}: no such file or directory`)
  for (const file of readdirSync(String(folder))) parse(readFileSync(`${String(folder)}/${file}`, 'utf8'))
}

function startKubelet(name: string): void {
  mkdirSync('/var/lib/kubelet', { recursive: true })
  writeFileSync('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\n')
  writeFileSync(
    '/var/lib/kubelet/kubeadm-flags.env',
    `KUBELET_KUBEADM_ARGS="--node-ip=${ownAddress} --hostname-override=${name}"\n`,
  )
  execFileSync('/usr/local/bin/systemctl', ['start', 'kubelet'])
  if (!existsSync('/run/lab/kubelet.active'))
    fail('The kubelet is not running: [kubelet-check] the HTTP call equal to healthz failed')
}

/** One phase alone: the key pair by which an API server signs what it says of service accounts, or an addon. */
function initPhase([phase, part = '', ...words]: readonly string[]): void {
  if (phase === 'certs' && part === 'sa') {
    const { 'cert-dir': folder = '' } = parseFlags(words, ['--cert-dir'])
    for (const name of ['sa.key', 'sa.pub']) writeFileSync(`${folder}/${name}`, name)
    return
  }
  const object = phase === 'addon' ? addons[part] : undefined
  if (object === undefined) fail(`not emulated: init phase ${String(phase)} ${part}`)
  checkPatches(find(readConfig(parseFlags(words, ['--config'])['config']), 'InitConfiguration'))
  if (!apiServerRuns(hostname())) fail('connect: connection refused')
  if (part === settings.failingAddon) fail(`unable to create the addon ${part}`)
  addObject(object)
}

const addons: Readonly<Record<string, string>> = {
  'coredns': 'Deployment/coredns',
  'kube-proxy': 'DaemonSet/kube-proxy',
}

function addObject(name: string): void {
  changeStore(hostname(), ({ objects }) => {
    objects[name] = {}
  })
}

function init(words: readonly string[]): void {
  const flags = parseFlags(words, ['--config', '--skip-phases', '--skip-token-print'])
  const documents = readConfig(flags['config'])
  const cluster = find(documents, 'ClusterConfiguration')
  const configuration = find(documents, 'InitConfiguration')
  // What the command line says takes the place of what the file says.
  const skipped = checkPhases(
    flags['skip-phases'] === undefined ? configuration : { skipPhases: flags['skip-phases'].split(',') },
    initPhases,
  )
  checkPatches(configuration)
  if (cluster['kubernetesVersion'] !== version)
    fail(`cannot pull images of ${String(cluster['kubernetesVersion'])}: this node has ${version}`)
  // Without this look a member that is there is taken over, as etcd does.
  if (!skipped.includes('preflight') && existsSync('/var/lib/etcd/member'))
    fail('[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty')
  if (!existsSync('/run/lab/containerd.active')) fail('[ERROR CRI]: container runtime is not running')
  const endpoint = String(cluster['controlPlaneEndpoint'] ?? '')
  const [host = ''] = endpoint.split(':')
  if (addressOf(host) === undefined) fail(`lookup ${host}: no such host`)
  const advertised = String(at(configuration, 'localAPIEndpoint', 'advertiseAddress'))
  if (advertised !== ownAddress && advertised !== six)
    fail(`cannot listen on ${advertised}: it is no address of this host`)
  // The API server ends at once.
  const [services = ''] = String(at(cluster, 'networking', 'serviceSubnet') ?? '10.96.0.0/12').split(',')
  if (services.includes(':') !== advertised.includes(':'))
    fail(`service IP family of ${services} must match public address family of ${advertised}`)
  const registration = registrationOf(configuration)
  const tokens = (configuration['bootstrapTokens'] ?? []) as { token: string }[]
  for (const { token } of tokens) if (!/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token)) fail('the bootstrap token is invalid')

  const isEcdsa =
    cluster['encryptionAlgorithm'] === 'ECDSA-P256' || at(cluster, 'featureGates', 'PublicKeysECDSA') === true
  const algorithm = isEcdsa ? 'ecdsa' : 'rsa'
  const pki = '/etc/kubernetes/pki'
  makeAuthority(algorithm)
  const names = [
    'kubernetes',
    'kubernetes.default',
    registration.name,
    host,
    ownAddress,
    ...((at(cluster, 'apiServer', 'certSANs') ?? []) as string[]),
  ]
  makeCertificate(`${pki}/apiserver`, '/CN=kube-apiserver', [...new Set(names)], algorithm)
  makeCertificate('/tmp/admin', '/O=kubeadm:cluster-admins/CN=kubernetes-admin', [], algorithm)
  const base64 = (path: string): string => readFileSync(path).toString('base64')
  const adminConf = [
    'apiVersion: v1',
    'clusters:',
    '- cluster:',
    `    certificate-authority-data: ${base64(`${pki}/ca.crt`)}`,
    `    server: https://${endpoint}`,
    `  name: ${String(cluster['clusterName'])}`,
    'contexts:',
    '- context:',
    `    cluster: ${String(cluster['clusterName'])}`,
    '    user: kubernetes-admin',
    `  name: kubernetes-admin@${String(cluster['clusterName'])}`,
    `current-context: kubernetes-admin@${String(cluster['clusterName'])}`,
    'kind: Config',
    'preferences: {}',
    'users:',
    '- name: kubernetes-admin',
    '  user:',
    `    client-certificate-data: ${base64('/tmp/admin.crt')}`,
    `    client-key-data: ${base64('/tmp/admin.key')}`,
    '',
  ].join('\n')
  writeFileSync('/etc/kubernetes/admin.conf', adminConf, { mode: 0o600 })
  mkdirSync('/etc/kubernetes/manifests', { recursive: true })
  for (const pod of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
    writeFileSync(
      `/etc/kubernetes/manifests/${pod}.yaml`,
      `kind: Pod\nmetadata: {name: ${pod}, annotations: {address: ${ownAddress}}}\n`,
    )
  }
  mkdirSync('/var/lib/etcd/member', { recursive: true })
  const guest = hostname()
  const store: Store = {
    version,
    podSubnets: String(at(cluster, 'networking', 'podSubnet')).split(','),
    tokens: Object.fromEntries(tokens.map(({ token }) => token.split('.') as [string, string])),
    nodes: {},
    objects: {},
    given: 0,
  }
  writeStore(guest, store)
  // As the real one does: what it writes takes no time, and then it waits for the control plane.
  sleep(settings.kubeadmMs)
  startKubelet(registration.name)
  const etcdLogs = `/var/log/pods/kube-system_etcd-${registration.name}_0/etcd`
  mkdirSync(etcdLogs, { recursive: true })
  writeFileSync(`${etcdLogs}/0.log`, 'ready to serve client requests\n')
  for (let waited = 0; !apiServerRuns(guest); waited += 20) {
    if (waited > 20_000) fail('timed out waiting for the control plane')
    sleep(20)
  }
  const taints = at(configuration, 'nodeRegistration', 'taints') as Taint[] | undefined
  register(guest, registration, taints ?? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }], {
    'node-role.kubernetes.io/control-plane': '',
    'node.kubernetes.io/exclude-from-external-load-balancers': '',
  })
  writeSync(1, '[upload-config] Storing the configuration used in ConfigMap "kubeadm-config"\n')
  // The phases behind it take their time as well, while the API server answers.
  sleep(settings.kubeadmMs)
  // Whatever is done beside them has its time, however busy this machine is.
  const isDone = (): boolean =>
    existsSync('/var/log/lab/applied') && /^phase addon coredns done/m.test(readFileSync(runs, 'utf8'))
  if (settings.staysForOthers) for (let waited = 0; waited < 5000 && !isDone(); waited += 20) sleep(20)
  if (skipped.includes('addon')) return
  for (const [addon, object] of Object.entries(addons)) if (!skipped.includes(`addon/${addon}`)) addObject(object)
}

function checkNew(nodes: Store['nodes'], name: string): void {
  if (nodes[name]) fail(`a Node with name "${name}" and status "Ready" already exists in the cluster`)
}

function register(store: string, { name, labels }: Registration, taints: Taint[], more: Record<string, string>): void {
  changeStore(store, (state) => {
    checkNew(state.nodes, name)
    state.nodes[name] = {
      name,
      guest: hostname(),
      version,
      address: ownAddress,
      labels: { 'kubernetes.io/hostname': name, ...more, ...labels },
      taints,
      podCIDRs: giveRanges(state),
      since: Date.now(),
    }
  })
}

function join(words: readonly string[]): void {
  const flags = parseFlags(words, ['--config'])
  const configuration = find(readConfig(flags['config']), 'JoinConfiguration')
  checkPhases(configuration, joinPhases)
  if (existsSync('/etc/kubernetes/kubelet.conf'))
    fail('[ERROR FileAvailable]: /etc/kubernetes/kubelet.conf already exists')
  const discovery = at(configuration, 'discovery', 'bootstrapToken') as Fields | undefined
  const [host = '', port] = String(discovery?.['apiServerEndpoint'] ?? '').split(':')
  const address = addressOf(host) ?? fail(`lookup ${host}: no such host`)
  const guest = guestAt(address)
  if (guest === undefined || port !== '6443' || !apiServerRuns(guest))
    fail(`dial tcp ${address}:${port}: connect: connection refused`)
  const [id = '', secret] = String(discovery?.['token']).split('.')
  const registration = registrationOf(configuration)
  const ca = readFileSync(inGuest(guest, '/etc/kubernetes/pki/ca.crt'), 'utf8')
  const hashes = (discovery?.['caCertHashes'] ?? []) as string[]
  if (hashes.length === 0 && discovery?.['unsafeSkipCAVerification'] !== true) {
    fail('discovery.bootstrapToken: using token-based discovery without caCertHashes can be unsafe')
  }
  if (hashes.length > 0 && !hashes.includes(publicKeyHash(ca)))
    fail(
      `cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "${publicKeyHash(ca)}" are pinned`,
    )
  changeStore(guest, ({ tokens }) => {
    if (tokens[id] !== secret) fail('could not find a JWS signature in the cluster-info ConfigMap for this token ID')
  })
  mkdirSync('/etc/kubernetes/pki', { recursive: true })
  writeFileSync('/etc/kubernetes/pki/ca.crt', ca)
  // Before the kubelet is given anything.
  changeStore(guest, ({ nodes }) => checkNew(nodes, registration.name))
  writeFileSync('/etc/kubernetes/kubelet.conf', `server: https://${host}:${port}\n`, { mode: 0o600 })
  sleep(settings.kubeadmMs)
  register(guest, registration, [], {})
  startKubelet(registration.name)
  // It waits until the kubelet is well.
  sleep(settings.kubeadmMs)
}

function reset(words: readonly string[]): void {
  parseFlags(words, ['--force'])
  execFileSync('/usr/local/bin/systemctl', ['stop', 'kubelet'])
  const pid = existsSync('/run/lab/apiserver.pid') ? Number(readFileSync('/run/lab/apiserver.pid', 'utf8')) : 0
  if (pid > 0) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  for (const path of [
    '/run/lab/apiserver.pid',
    '/run/lab/apiserver.ready',
    '/etc/kubernetes/manifests',
    '/etc/kubernetes/pki',
    '/etc/kubernetes/admin.conf',
    '/etc/kubernetes/kubelet.conf',
    '/var/lib/etcd',
    '/var/lib/kubelet',
  ]) {
    rmSync(path, { recursive: true, force: true })
  }
}

const [verb = '', ...words] = process.argv.slice(2)
mkdirSync('/var/log/lab', { recursive: true })
const doing = verb === 'init' && words[0] === 'phase' ? words.slice(0, 3).join(' ') : verb
const note = (what: string): void => appendFileSync(runs, `${doing} ${what} ${Date.now()}\n`)
note('begin')
try {
  if (doing.startsWith('phase ')) initPhase(words.slice(1))
  else if (verb === 'init') init(words)
  else if (verb === 'join') join(words)
  else if (verb === 'reset') reset(words)
  else if (verb === 'version') console.log(`kubeadm version: ${version}`)
  else fail(`unknown command "${verb}" for "kubeadm"`)
  note('done')
} catch (error) {
  note('failed')
  console.error(`error execution: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
