/** Cluster files by chance: from the grammar of kind's `v1alpha4`, right and wrong, and real ones spoiled. */
import { randomFrom, type Random } from './random.ts'

/** Scalars with which readers of YAML have had trouble, and some that are fine. */
const scalars = [
  ['', '~', 'null', 'true', 'FALSE', 'yes', 'on', 'y', '0', '-0', '007', '0x1F', '0o17', '1e3', '1_000', '.inf'],
  ['-.Inf', '.nan', '12345678901234567890', '2147483648', '-1', '65536', '1.30', '2001-01-01', '12:30:45', '1.5.7'],
  [
    '"',
    "'",
    '""',
    "''",
    '"\\u0000"',
    '"\\ud800"',
    "'it''s'",
    '"a\\nb"',
    '|',
    '>',
    '|-',
    '- ',
    '? ',
    ': ',
    '#',
    '&a',
    '*a',
  ],
  [
    '*missing',
    '&a x',
    '!!str 1',
    '!!int x',
    '!!binary aGk=',
    '!!set {a}',
    '!!omap []',
    '!custom x',
    '<<',
    '=',
    '@',
    '`',
  ],
  ['{}', '[]', '{a: 1}', '[a, b]', '[', '{', ']', '}', '[[[[]]]]', '{a: {a: {a: {}}}}', '{<<: *a}', '%YAML 1.1', '---'],
  [
    'dev',
    'a.b',
    'A',
    '-a',
    'a'.repeat(80),
    'ü',
    '日本',
    '\u0000',
    '\u0007',
    '\u2028',
    '\uFEFF',
    '\t',
    '\r',
    '💥',
    'x'.repeat(500),
  ],
  ['__proto__', 'constructor', 'prototype', 'toString', 'control-plane', 'worker', 'ipv4', 'ipv6', 'dual', 'nftables'],
  [
    '10.244.0.0/16',
    '10.0.0.0/33',
    'fd00::/56,10.0.0.0/8',
    '::/0',
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    'localhost',
    '6443',
    '80',
  ],
  [
    'kindest/node:v1.35.5',
    'KINDEST/Node',
    'a@sha256:00',
    'registry:5000/a/b:c',
    '/',
    '..',
    './data',
    '/data',
    '~/x',
    'TCP',
    'sctp',
  ],
].flat()

const patches = [
  'kind: ClusterConfiguration\napiServer: {extraArgs: []}',
  'kind: InitConfiguration\nnodeRegistration:\n  kubeletExtraArgs: {v: "4"}',
  'kind: KubeletConfiguration\nmetadata: {name: config}\nserializeImagePulls: false',
  'kind: ClusterConfiguration\n__proto__: {polluted: yes}',
  'kind: ClusterConfiguration\na: &a [*a]',
  'kind: ClusterConfiguration\na: &a {b: *a}',
  'kind: ClusterConfiguration\nnetworking: null\napiServer: text',
  'kind: JoinConfiguration\n? [complex]\n: 1',
  'kind: ClusterConfiguration\n---\nkind: InitConfiguration\n---\n',
  '[{"op": "add", "path": "/apiServer", "value": {}}]',
  '[{"op": "remove", "path": "/networking"}, {"op": "test", "path": "/kind", "value": "x"}]',
  '[{"op": "copy", "from": "", "path": "/a"}, {"op": "move", "from": "/a", "path": "/a/b"}]',
  '[{"op": "add", "path": "/__proto__/polluted", "value": 1}]',
  '- op: replace\n  path: /a~2b\n  value: 1',
  '- op: add\n  path: no-slash\n  value: 1',
  '[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "x"',
  'version = 3\n[a]\nb = 99999999999999999999',
  'version = 2\n[a.b]\nc = 1\n[a]\nb = 1',
  'a = 1979-05-27T07:32:00Z\nb = [1, [2, "3"]]\nc = nan',
  '__proto__ = 1\n[constructor]\nprototype = "x"',
  'a = """',
] as const

const patchFields = 'kubeadmConfigPatches kubeadmConfigPatchesJSON6902'
const fields: Readonly<Record<string, readonly string[]>> = {
  top: words(
    `name nodes networking featureGates runtimeConfig ${patchFields} containerdConfigPatches containerdConfigPatchesJSON6902`,
  ),
  node: words(`role image labels extraMounts extraPortMappings ${patchFields}`),
  networking: words(
    'ipFamily apiServerPort apiServerAddress podSubnet serviceSubnet disableDefaultCNI kubeProxyMode dnsSearch',
  ),
  mount: words('hostPath containerPath readOnly selinuxRelabel propagation'),
  port: words('containerPort hostPort listenAddress protocol'),
  jsonPatch: words('group version kind patch'),
}

/** What is likely to be right for a field, so that documents get past the first check. */
const likely: Readonly<Record<string, readonly string[]>> = {
  role: ['control-plane', 'worker'],
  image: ['kindest/node:v1.35.5', 'kindest/node:v1.37.0'],
  name: ['dev', 'a.b', 'kind'],
  ipFamily: ['ipv4', 'ipv6', 'dual'],
  apiServerPort: ['6443', '0', '-1'],
  apiServerAddress: ['127.0.0.1', '0.0.0.0', '::1'],
  podSubnet: ['10.244.0.0/16', 'fd00:10:244::/56', '10.244.0.0/16,fd00:10:244::/56'],
  serviceSubnet: ['10.96.0.0/16', 'fd00:10:96::/112', '10.96.0.0/16,fd00:10:96::/112'],
  disableDefaultCNI: ['true', 'false'],
  kubeProxyMode: ['iptables', 'ipvs', 'nftables', 'none'],
  readOnly: ['true', 'false'],
  propagation: ['None', 'HostToContainer'],
  hostPath: ['/tmp', './data'],
  containerPath: ['/data'],
  containerPort: ['80', '30080'],
  hostPort: ['0', '8080'],
  protocol: ['TCP', 'UDP'],
  group: ['kubeadm.k8s.io'],
  version: ['v1beta3', 'v1beta4'],
  kind: ['ClusterConfiguration', 'InitConfiguration'],
}

const lists: Readonly<Record<string, string>> = {
  nodes: 'node',
  extraMounts: 'mount',
  extraPortMappings: 'port',
  kubeadmConfigPatchesJSON6902: 'jsonPatch',
}

function words(text: string): readonly string[] {
  return text.split(' ')
}

/** A document from the grammar. About half of them have nothing wrong but what chance put there. */
function fromGrammar(random: Random): string {
  const header = random.chance(0.9)
    ? 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'
    : `kind: ${random.pick(scalars)}\n`
  const wrongness = random.pick([0, 0, 0.02, 0.1, 0.4])
  const body = objectOf(random, 'top', '', wrongness)
  const more = random.chance(0.03) ? `\n---\n${random.pick(scalars)}\n` : ''
  return (
    (random.chance(0.02) ? random.pick(['\uFEFF', '%YAML 1.1\n---\n', '---\n', '# c\n', '\n\n']) : '') +
    header +
    body +
    more
  )
}

function objectOf(random: Random, type: string, indent: string, wrongness: number): string {
  const names = fields[type] ?? []
  const chosen = names.filter(() => random.chance(type === 'top' ? 0.35 : 0.4))
  if (random.chance(wrongness)) chosen.push(random.pick([...names, ...scalars]))
  return chosen.map((name) => `${indent}${name}:${valueOf(random, name, indent, wrongness)}\n`).join('')
}

function valueOf(random: Random, name: string, indent: string, wrongness: number): string {
  if (random.chance(wrongness)) return ` ${random.pick(scalars)}`
  const item = lists[name]
  if (item !== undefined) return listOf(random, indent, () => objectOf(random, item, `${indent}  `, wrongness))
  if (name === 'networking') return `\n${objectOf(random, 'networking', `${indent}  `, wrongness)}`.trimEnd()
  if (name === 'featureGates') return ` {Some: true, ${random.chance(0.3) ? random.pick(scalars) : 'Other'}: false}`
  if (name === 'runtimeConfig' || name === 'labels')
    return ` {a/b: ${quoted(random)}, ${random.chance(0.2) ? random.pick(scalars) : 'c'}: d}`
  if (name.endsWith('Patches') || name === 'containerdConfigPatchesJSON6902')
    return listOf(random, indent, () => blockOf(random, `${indent}  `))
  if (name === 'patch') return ` ${JSON.stringify(random.pick(patches))}`
  if (name === 'dnsSearch') return ` [${quoted(random)}]`
  return ` ${random.pick(likely[name] ?? scalars)}`
}

function listOf(random: Random, indent: string, item: () => string): string {
  const items = Array.from({ length: random.below(4) }, () => item())
  if (items.length === 0) return ' []'
  return `\n${items.map((text) => (text.trim() === '' ? `${indent}- {}\n` : `${indent}- ${text.slice(indent.length + 2)}`)).join('')}`.trimEnd()
}

function blockOf(random: Random, indent: string): string {
  const text = random.pick(patches)
  return `${indent}|\n${text
    .split('\n')
    .map((line) => `${indent}  ${line}`)
    .join('\n')}\n`
}

function quoted(random: Random): string {
  return JSON.stringify(random.pick(scalars)).slice(0, 200)
}

const spoilers: readonly ((text: string, random: Random, other: string) => string)[] = [
  (text, random) => cut(text, random.below(text.length + 1)),
  (text, random) => insert(text, random, random.pick(scalars)),
  (text, random) => insert(text, random, String.fromCharCode(random.below(random.chance(0.8) ? 128 : 65_536))),
  (text, random) =>
    insert(text, random, random.pick(['&a ', '*a', '<<: *a\n', '!!x ', '? ', ' - ', '\n', ': ', '#', '\t', '{', '['])),
  (text, random) => lines(text, (all) => all.toSpliced(random.below(all.length), 1)),
  (text, random) => lines(text, (all) => all.toSpliced(random.below(all.length), 0, random.pick(all))),
  (text, random, other) =>
    lines(text, (all) => all.toSpliced(random.below(all.length), 0, ...random.pick(sections(other)))),
  (text, random) =>
    lines(text, (all) =>
      all.toSpliced(random.below(all.length), 1, `${' '.repeat(random.below(9))}${random.pick(all).trim()}`),
    ),
  (text, random) => text.replace(random.pick(text.match(/[\w./:-]+/g) ?? ['']), random.pick(scalars)),
  (text, random) => text.replaceAll('\n', random.pick(['\r\n', '\r', '\n\n', '\n ', '\n\t'])),
  (text, random) => nested(random) + text.slice(random.below(text.length + 1)),
]

function cut(text: string, at: number): string {
  return text.slice(0, at)
}

function insert(text: string, random: Random, piece: string): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + piece + text.slice(at)
}

function lines(text: string, change: (all: string[]) => string[]): string {
  return change(text.split('\n')).join('\n')
}

function sections(text: string): readonly string[][] {
  return text.split(/\n(?=\S)/).map((section) => section.split('\n'))
}

/** Deep, or with aliases that multiply. */
function nested(random: Random): string {
  const depth = 1 + random.below(60)
  return random.pick([
    `x: ${'['.repeat(depth)}${']'.repeat(depth)}\n`,
    `x: ${'{a: '.repeat(depth)}${'}'.repeat(depth)}\n`,
    `x:\n${Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}- a:\n`).join('')}`,
    `a0: &a0 [x]\n${Array.from({ length: Math.min(depth, 12) }, (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}, *a${level}]\n`).join('')}`,
    'x: &x {<<: *x}\n',
  ])
}

/**
 * The document of a number: the same for the same seed, whatever came before.
 * @param real documents that people would write; half of what comes out is one of them, spoiled.
 */
export function clusterDocument(seed: number, number: number, real: readonly string[]): string {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b))
  const isReal = random.chance(0.5)
  const base = isReal ? random.pick(real) : fromGrammar(random)
  const other = random.pick(real)
  // There are few real ones: unspoiled, they would be read again and again.
  const times = random.pick(isReal ? [1, 1, 2, 4] : [0, 1, 1, 2, 4])
  let text = base
  for (let time = 0; time < times; time++) text = random.pick(spoilers)(text, random, other)
  return text
}
