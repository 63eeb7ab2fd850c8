import { isIP } from 'node:net'
import { posix } from 'node:path'
import { contextName, nodeName } from '../cluster/names.ts'
import type { ClusterSpec, KubeadmPatches, NetworkingSpec, NodeSpec, Role, WaitSpec } from '../cluster/spec.ts'
import { checkNodes } from './check-nodes.ts'
import { defaults } from './defaults.ts'
import { parseDuration } from './duration.ts'
import { normalizeImageReference } from '../images/reference.ts'
import { defaultNodeImage, nodeImageFor, nodeImages } from './node-images.ts'
import { invalidConfig, withPlace, type Problem } from './problem.ts'
import { readClusterFile } from './read-cluster-file.ts'
import type { ClusterFile, NodeEntry } from './schema.ts'
import { parseSize } from './size.ts'
import { validateFile } from './validate.ts'

/** What a user asked for, as texts. */
export interface Wishes {
  readonly name?: string
  /** Text of the cluster file, and what the user calls it. */
  readonly file?: { readonly text: string; readonly source: string }
  readonly image?: string
  readonly kubernetesVersion?: string
  readonly workers?: string
  readonly controlPlanes?: string
  readonly cpus?: string
  readonly memory?: string
  readonly wait?: string
  readonly allowDegraded: boolean
}

/** What of the machine has a say. */
export interface Surroundings {
  readonly product: 'kina' | 'kind'
  readonly env: Readonly<Record<string, string | undefined>>
  readonly arch: 'arm64' | 'amd64'
  readonly cwd: string
}

export interface Resolved {
  readonly spec: ClusterSpec
  readonly warnings: readonly string[]
}

/**
 * Wishes, file and defaults become a spec that leaves nothing to decide.
 * @throws KinaError `invalid-config` with all problems at once.
 */
export function resolve(wishes: Wishes, around: Surroundings): Resolved {
  const problems: Problem[] = []
  const warnings: string[] = []
  const read = wishes.file && readClusterFile(wishes.file.text, wishes.file.source)
  problems.push(...(read?.problems ?? []))
  const file: ClusterFile = read?.file ?? { kind: 'Cluster', apiVersion: 'kind.x-k8s.io/v1alpha4' }
  const at = (path: readonly (string | number)[]): string | undefined => read?.locate(path)
  validateFile(file, (path, message) => problems.push(withPlace(at(path), message)))

  const name = clusterName(wishes, file, around)
  const entries = nodeEntries(wishes, file, problems)
  const hasWorkers = entries.some(({ role }) => role === 'worker')
  const image = imageForAll(wishes, problems)
  const cpus = positiveInteger('--cpus', wishes.cpus ?? String(defaults.cpus), problems)
  const memoryBytes = memoryOf(wishes.memory ?? defaults.memory, problems)
  const counts: Record<Role, number> = { 'control-plane': 0, 'worker': 0 }
  const nodes = entries
    .map((entry): NodeSpec => {
      const role: Role = entry.role === 'worker' ? 'worker' : 'control-plane'
      return {
        name: nodeName(name, role, counts[role]++),
        role,
        image: image ?? normalizeImageReference(entry.image || defaultNodeImage) ?? '',
        cpus,
        memoryBytes,
        labels: entry.labels ?? {},
        mounts: mountsOf(entry, around.cwd),
        ports: portsOf(entry, familyOf(file)),
        kubeadmPatches: patchesOf(entry),
      }
    })
    .toSorted((a, b) => (a.role === b.role ? 0 : a.role === 'control-plane' ? -1 : 1))

  checkNodes(name, nodes, problems, at(['nodes']))
  const networking = networkingOf(file)
  warnings.push(...warningsOf(file, networking, hasWorkers))
  const wait = waitOf(wishes.wait, networking, around.product, problems)
  if (problems.length > 0) {
    throw invalidConfig(
      problems,
      wishes.file
        ? 'See docs/configuration.md; "kina config schema" prints the schema of the file'
        : 'See "kina help create cluster"',
    )
  }
  return {
    warnings,
    spec: {
      name,
      contextName: contextName(around.product, name),
      platform: `linux/${around.arch}`,
      nodes,
      networking,
      featureGates: file.featureGates ?? {},
      runtimeConfig: file.runtimeConfig ?? {},
      kubeadmPatches: patchesOf(file),
      containerdPatches: file.containerdConfigPatches ?? [],
      containerdPatchesJson6902: file.containerdConfigPatchesJSON6902 ?? [],
      proxyVariables: proxyVariables(around.env),
      wait,
      allowDegraded: wishes.allowDegraded,
    },
  }
}

/** Flag or position, environment, file, default: kind's order. */
function clusterName({ name }: Wishes, file: ClusterFile, around: Surroundings): string {
  return name || nameInEnvironment(around) || file.name || defaults.clusterName[around.product]
}

/** `KINA_CLUSTER_NAME`, or `KIND_CLUSTER_NAME` when called as kind. */
export function nameInEnvironment({ env, product }: Pick<Surroundings, 'env' | 'product'>): string | undefined {
  return env[product === 'kind' ? 'KIND_CLUSTER_NAME' : 'KINA_CLUSTER_NAME'] || undefined
}

function nodeEntries({ workers, controlPlanes }: Wishes, file: ClusterFile, problems: Problem[]): readonly NodeEntry[] {
  const listed = file.nodes ?? []
  if (listed.length > 0) {
    for (const [flag, value] of Object.entries({ '--workers': workers, '--control-planes': controlPlanes })) {
      if (value !== undefined) problems.push({ at: flag, message: 'the file lists its nodes; change them there' })
    }
    return listed
  }
  const first = controlPlanes === undefined ? 1 : positiveInteger('--control-planes', controlPlanes, problems)
  const more = workers === undefined ? 0 : positiveInteger('--workers', workers, problems, 0)
  return [
    ...Array.from({ length: first }, (): NodeEntry => ({ role: 'control-plane' })),
    ...Array.from({ length: more }, (): NodeEntry => ({ role: 'worker' })),
  ]
}

/** More nodes than any Mac runs; a typing error should not become thousands of steps. */
const mostNodes = 250

function positiveInteger(flag: string, text: string, problems: Problem[], least = 1): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= mostNodes) return value
  problems.push({ at: flag, message: `"${text}" is not an integer from ${least} to ${mostNodes}` })
  return least
}

function imageForAll({ image, kubernetesVersion }: Wishes, problems: Problem[]): string | undefined {
  if (image !== undefined && kubernetesVersion !== undefined) {
    problems.push({ at: '--kubernetes-version', message: '--image says the version already; give one of the two' })
  }
  if (image !== undefined) {
    const full = normalizeImageReference(image)
    if (full === undefined) problems.push({ at: '--image', message: `"${image}" is no image reference` })
    return full
  }
  if (kubernetesVersion === undefined) return undefined
  const found = nodeImageFor(kubernetesVersion)
  if (found === undefined) {
    const known = nodeImages.map(({ minor }) => minor).join(', ')
    problems.push({
      at: '--kubernetes-version',
      message: `there is no pinned node image for "${kubernetesVersion}", expected one of ${known}; any other with --image`,
    })
  }
  return found
}

const mebibyte = 1024 * 1024
/** Below this kubeadm's own check refuses a control plane (1700 MB). */
const leastMemory = 1700 * 1000 * 1000

function memoryOf(text: string, problems: Problem[]): number {
  const bytes = parseSize(text)
  if (bytes === undefined)
    problems.push({ at: '--memory', message: `"${text}" is no size, expected a form such as 4g or 3500m` })
  else if (bytes < leastMemory)
    problems.push({ at: '--memory', message: `"${text}" is too little for a node, expected at least 1700m` })
  return Math.floor((bytes ?? 0) / mebibyte) * mebibyte
}

function mountsOf({ extraMounts = [] }: NodeEntry, cwd: string): NodeSpec['mounts'] {
  return extraMounts.map(({ hostPath = '', containerPath = '', readOnly = false }) => ({
    hostPath: posix.resolve(cwd, hostPath),
    containerPath,
    readOnly,
  }))
}

function portsOf({ extraPortMappings = [] }: NodeEntry, family: NetworkingSpec['ipFamily']): NodeSpec['ports'] {
  return extraPortMappings.map(({ containerPort = 0, hostPort = 0, listenAddress, protocol }) => ({
    containerPort,
    hostPort: Math.max(hostPort, 0),
    listenAddress: listenAddress || defaults.listenAddress[family],
    protocol: protocol?.toUpperCase() === 'UDP' ? 'udp' : 'tcp',
  }))
}

function patchesOf({
  kubeadmConfigPatches = [],
  kubeadmConfigPatchesJSON6902 = [],
}: ClusterFile | NodeEntry): KubeadmPatches {
  return {
    merge: kubeadmConfigPatches,
    json6902: kubeadmConfigPatchesJSON6902.map(({ group = '', version = '', kind = '', patch = '' }) => ({
      group,
      version,
      kind,
      patch,
    })),
  }
}

function familyOf({ networking }: ClusterFile): NetworkingSpec['ipFamily'] {
  const family = networking?.ipFamily
  return family === 'ipv6' || family === 'dual' ? family : 'ipv4'
}

function networkingOf(file: ClusterFile): NetworkingSpec {
  const { networking = {} } = file
  const ipFamily = familyOf(file)
  const mode = networking.kubeProxyMode
  return {
    ipFamily,
    apiServerAddress: networking.apiServerAddress || defaults.apiServerAddress[ipFamily],
    apiServerPort: Math.max(networking.apiServerPort ?? 0, 0),
    podSubnet: networking.podSubnet || defaults.podSubnet[ipFamily],
    serviceSubnet: networking.serviceSubnet || defaults.serviceSubnet[ipFamily],
    kubeProxyMode: mode === 'ipvs' || mode === 'nftables' || mode === 'none' ? mode : 'iptables',
    disableDefaultCni: networking.disableDefaultCNI ?? false,
    dnsSearch: networking.dnsSearch,
  }
}

function warningsOf(file: ClusterFile, networking: NetworkingSpec, hasWorkers: boolean): readonly string[] {
  const warnings: string[] = []
  const { apiServerAddress } = networking
  if (!isLoopback(apiServerAddress)) {
    warnings.push(`The API server listens on ${apiServerAddress}: everybody who reaches this address can talk to it`)
  }
  const mounts = (file.nodes ?? []).flatMap(({ extraMounts = [] }) => extraMounts)
  if (mounts.some(({ propagation }) => propagation === 'HostToContainer' || propagation === 'Bidirectional')) {
    warnings.push('Mounts made on the host later do not appear in nodes: propagation ends at the VM')
  }
  if (networking.disableDefaultCni && hasWorkers) {
    warnings.push('Nodes stay NotReady until a CNI is installed: disableDefaultCNI is set')
  }
  if (networking.kubeProxyMode === 'none') {
    warnings.push('CoreDNS stays unready until something translates service addresses: kubeProxyMode is none')
  }
  return warnings
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

function waitOf(
  text: string | undefined,
  { disableDefaultCni, kubeProxyMode }: NetworkingSpec,
  product: 'kina' | 'kind',
  problems: Problem[],
): WaitSpec {
  const all = kubeProxyMode === 'none' ? 'all-nodes' : 'all-nodes-and-dns'
  const until = product === 'kind' ? 'control-planes' : all
  if (text === undefined) {
    return disableDefaultCni
      ? { ms: 0, until, reason: 'nodes become Ready when a CNI is installed' }
      : { ms: defaults.waitMs[product], until }
  }
  const ms = parseDuration(text, { bareSeconds: product === 'kina' })
  if (ms === undefined)
    problems.push({ at: '--wait', message: `invalid duration "${text}", expected a form such as 5m or 90s` })
  return { ms: Math.max(ms ?? 0, 0), until }
}

/** The proxy variables that are set, in capitals; their values may hold passwords and are read when nodes are made. */
function proxyVariables(env: Surroundings['env']): readonly string[] {
  return ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].filter((name) => env[name] || env[name.toLowerCase()])
}
