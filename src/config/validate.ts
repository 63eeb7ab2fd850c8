import { isIP } from 'node:net'
import { KinaError } from '../errors.ts'
import { parseToml } from '../kubernetes/containerd-config.ts'
import { parseJsonPatch, parseMergePatch } from '../kubernetes/patches.ts'
import { parseCidr } from './cidr.ts'
import { normalizeImageReference } from '../images/reference.ts'
import type { ClusterFile, NodeEntry, PortMappingEntry } from './schema.ts'

type Path = readonly (string | number)[]

/** Says what is wrong at a field of the file. */
export type Complain = (path: Path, message: string) => void

/**
 * What kind checks of a file whose fields have the right types, in kind's order and words where tools look for them
 * (kind 0.33, pkg/internal/apis/config/validate.go), and what Apple's `container` cannot do.
 */
export function validateFile(file: ClusterFile, complain: Complain): void {
  const { networking = {} } = file
  const port = networking.apiServerPort ?? 0
  if (!isPort(port)) complain(['networking', 'apiServerPort'], `invalid apiServerPort: invalid port number: ${port}`)
  const family = networking.ipFamily || 'ipv4'
  if (!['ipv4', 'ipv6', 'dual'].includes(family)) {
    complain(['networking', 'ipFamily'], `invalid ipFamily: ${family}, expected ipv4, ipv6 or dual`)
  }
  const address = networking.apiServerAddress
  if (address && isIP(address) === 0) {
    complain(['networking', 'apiServerAddress'], `invalid apiServerAddress: ${address} is no IP address`)
  }
  for (const [field, name] of [
    ['podSubnet', 'pod subnet'],
    ['serviceSubnet', 'service subnet'],
  ] as const) {
    const reason = networking[field] ? whyNotSubnets(networking[field], family) : undefined
    if (reason !== undefined) complain(['networking', field], `invalid ${name} ${reason}`)
  }
  const mode = networking.kubeProxyMode || 'iptables'
  if (!['iptables', 'ipvs', 'nftables', 'none'].includes(mode)) {
    complain(
      ['networking', 'kubeProxyMode'],
      `invalid kubeProxyMode: ${mode}, expected iptables, ipvs, nftables or none`,
    )
  }
  const nodes = file.nodes ?? []
  nodes.forEach((node, index) => validateNode(node, ['nodes', index], complain))
  const controlPlanes = nodes.filter(({ role }) => (role || 'control-plane') === 'control-plane').length
  if (nodes.length > 0 && controlPlanes === 0) complain(['nodes'], 'must have at least one control-plane node')
  validatePatches(file, [], complain)
  ;(file.containerdConfigPatches ?? []).forEach((patch, index) =>
    check(['containerdConfigPatches', index], () => parseToml(patch), complain),
  )
  ;(file.containerdConfigPatchesJSON6902 ?? []).forEach((patch, index) =>
    check(['containerdConfigPatchesJSON6902', index], () => parseJsonPatch(patch), complain),
  )
}

function validateNode(node: NodeEntry, path: Path, complain: Complain): void {
  const index = path.at(-1)
  const role = node.role || 'control-plane'
  if (role !== 'control-plane' && role !== 'worker') {
    complain(
      [...path, 'role'],
      `invalid configuration for node ${index}: "${role}" is not a valid node role, expected control-plane or worker`,
    )
  }
  if (node.image && normalizeImageReference(node.image) === undefined) {
    complain([...path, 'image'], `invalid configuration for node ${index}: "${node.image}" is no image reference`)
  }
  for (const [key, value] of Object.entries(node.labels ?? {})) {
    const reason = whyNotLabel(key, value)
    if (reason !== undefined) complain([...path, 'labels', key], `invalid label "${key}: ${value}": ${reason}`)
  }
  ;(node.extraPortMappings ?? []).forEach((mapping, at) =>
    validatePort(mapping, [...path, 'extraPortMappings', at], complain),
  )
  validatePortPairs(node.extraPortMappings ?? [], [...path, 'extraPortMappings'], complain)
  ;(node.extraMounts ?? []).forEach((mount, at) => {
    const its = [...path, 'extraMounts', at]
    if (!mount.hostPath) complain([...its, 'hostPath'], 'hostPath is missing')
    if (!mount.containerPath?.startsWith('/'))
      complain([...its, 'containerPath'], 'containerPath must be an absolute path')
    // `container` takes a mount as SOURCE:TARGET[:OPTIONS] and has no way to write a colon.
    for (const field of ['hostPath', 'containerPath'] as const) {
      if (mount[field]?.includes(':')) complain([...its, field], `${field} holds a colon, which container cannot mount`)
    }
  })
  validatePatches(node, path, complain)
}

function validatePort(mapping: PortMappingEntry, path: Path, complain: Complain): void {
  const { hostPort = 0, containerPort = 0, listenAddress, protocol } = mapping
  if (!isPort(hostPort)) complain([...path, 'hostPort'], `invalid hostPort: invalid port number: ${hostPort}`)
  if (containerPort < 1 || containerPort > 65_535) {
    complain([...path, 'containerPort'], `invalid containerPort: invalid port number: ${containerPort}`)
  }
  if (listenAddress && isIP(listenAddress) === 0) {
    complain([...path, 'listenAddress'], `invalid portMapping: invalid listen address: ${listenAddress}`)
  }
  if (protocol?.toUpperCase() === 'SCTP') {
    complain([...path, 'protocol'], 'protocol SCTP cannot be published by container, expected TCP or UDP')
  }
}

/** kind's rule for two mappings of one node, and `container`'s, which looks at host port and protocol alone. */
function validatePortPairs(mappings: readonly PortMappingEntry[], path: Path, complain: Complain): void {
  const seen = new Map<string, string>()
  mappings.forEach(({ hostPort = 0, protocol, listenAddress }, index) => {
    if (hostPort <= 0) return
    const key = `${hostPort}/${(protocol || 'TCP').toUpperCase()}`
    const address = listenAddress || '0.0.0.0'
    const other = seen.get(key)
    seen.set(key, address)
    if (other === undefined) return
    const isKinds = other === address || [other, address].some((its) => its === '0.0.0.0' || its === '::')
    complain(
      [...path, index, 'hostPort'],
      isKinds
        ? `invalid portMapping: port mapping with same listen address, port and protocol already configured: ${address}:${key}`
        : `host port ${key} is published at ${other} already, and container takes a host port once per node, whatever the address`,
    )
  })
}

function validatePatches(of: ClusterFile | NodeEntry, path: Path, complain: Complain): void {
  ;(of.kubeadmConfigPatches ?? []).forEach((patch, index) =>
    check([...path, 'kubeadmConfigPatches', index], () => parseMergePatch(patch), complain),
  )
  ;(of.kubeadmConfigPatchesJSON6902 ?? []).forEach((patch, index) => {
    const its = [...path, 'kubeadmConfigPatchesJSON6902', index]
    if (!patch.kind) complain([...its, 'kind'], 'a JSON 6902 patch must say the kind that it patches')
    check([...its, 'patch'], () => parseJsonPatch(patch.patch ?? ''), complain)
  })
}

function check(path: Path, parse: () => unknown, complain: Complain): void {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof KinaError)) throw error
    complain(path, [error.message, error.hint].filter(Boolean).join('; '))
  }
}

/** -1 and 0 let kina choose. */
function isPort(port: number): boolean {
  return port >= -1 && port <= 65_535
}

/** kind's rules for one CIDR, or two in dual stack. */
function whyNotSubnets(text: string, family: string): string | undefined {
  const parts = text.split(',')
  const cidrs = parts.map(parseCidr)
  const broken = parts.find((_, index) => cidrs[index] === undefined)
  if (broken !== undefined) return `failed to parse cidr value:"${broken}" with error: invalid CIDR address: ${broken}`
  const families = new Set(cidrs.map((cidr) => cidr?.family))
  if (family === 'dual') {
    const isPair = cidrs.length === 2 && families.size === 2
    return cidrs.length === 1 || isPair
      ? undefined
      : 'expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking'
  }
  if (cidrs.length > 1) return 'only one CIDR allowed for single-stack networking'
  if (family === 'ipv4' && !families.has(4)) return 'expected IPv4 CIDR for IPv4 family'
  if (family === 'ipv6' && !families.has(6)) return 'expected IPv6 CIDR for IPv6 family'
  return undefined
}

const labelName = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
const labelPrefix = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

/** Kubernetes' syntax of labels: a kubelet that is given another does not start. */
function whyNotLabel(key: string, value: string): string | undefined {
  const [name = '', prefix, ...more] = key.split('/').toReversed()
  if (!labelName.test(name) || more.length > 0 || (prefix !== undefined && !labelPrefix.test(prefix))) {
    return 'its key must be [prefix/]name, letters, digits, "-", "_" and ".", the name at most 63 characters'
  }
  if (value !== '' && !labelName.test(value))
    return 'its value must be letters, digits, "-", "_" and ".", at most 63 characters'
  return undefined
}
