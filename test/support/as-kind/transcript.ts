/** One command line, given to the real kind and to kina under its name alike. */
export interface Step {
  /** `IMAGE` stands for the node image. */
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** Lists in an order that kind does not promise. */
  readonly isUnordered?: boolean
  /** Kubeconfigs to compare afterwards, paths in the home. */
  readonly kubeconfigs?: readonly string[]
  /** Folder in the home whose files' names are compared afterwards. */
  readonly folder?: string
}

/** How a step is called in reports and in docs/kind-compatibility.md. */
export function nameOf({ words, env = {} }: Step): string {
  return [
    ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
    'kind',
    ...words.map((word) => word || "''"),
  ].join(' ')
}

/** Written into both homes before the first step. */
export const homeFiles: Readonly<Record<string, string>> = {
  'wrong.yaml': 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {ipFamily: ipv9}\n',
  'unknown-field.yaml': 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodez: []\n',
  // Made by hand, with what neither tool knows: it must survive.
  'mine.kubeconfig': [
    '# mine',
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '- name: prod',
    '  cluster: {server: https://prod.example, extensions: [{name: x, extension: {a: 1}}]}',
    'contexts:',
    '- name: prod',
    '  context: {cluster: prod, user: me, namespace: web}',
    'current-context: prod',
    'users:',
    '- name: me',
    '  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login}}',
    '',
  ].join('\n'),
}

const config = 'config'
const mine = 'mine.kubeconfig'

/** What needs no cluster: versions, empty answers, refusals. */
const withoutClusters: readonly Step[] = [
  ...[
    'version',
    'version -q',
    'version -v 1',
    '--version',
    'get clusters',
    'get clusters -q',
    'get nodes',
    'get nodes --name dev',
    'get nodes -A',
    'get kubeconfig',
    'get kubeconfig --internal',
    'export kubeconfig',
    'export logs',
    'delete cluster',
    'delete cluster --name Big',
    'get nodes --name Big',
    'delete clusters',
    'delete clusters a b',
    'delete clusters a -- b',
    'delete clusters --all',
    'delete clusters a --all',
    'create',
    'get',
    'delete',
    'export',
    'get cluster',
    'frob',
    'help frob',
    'get clusters x',
    'get nodes x',
    'create cluster x',
    'delete cluster x',
    'export logs a b',
    'version extra',
    'create cluster --nam x',
    'create cluster --wait',
    'create cluster --wait 30',
    'create cluster --retain=maybe',
    'create cluster --config nowhere.yaml',
    'create cluster --config wrong.yaml',
    'create cluster --config unknown-field.yaml',
    'create cluster --name Big',
    'get clusters -v x',
    // Skaffold and Tilt.
    'load docker-image --name dev example.com/app:1',
    'load docker-image example.com/app:1 --name dev',
  ].map((line) => ({ words: line.split(' '), kubeconfigs: [config] })),
  { words: [] },
  { words: ['delete', 'cluster', '--name', ''] },
  { words: ['delete', 'cluster'], env: { KIND_CLUSTER_NAME: 'from-env' } },
  { words: ['create', 'cluster', '--config', '-'], stdin: '', kubeconfigs: [config] },
]

/** As ctlptl writes it: kind's own types through Go's YAML encoder, with its patch for a local registry. */
const ofCtlptl = [
  'kind: Cluster',
  'apiVersion: kind.x-k8s.io/v1alpha4',
  'name: dev',
  'nodes:',
  '    - role: control-plane',
  '    - role: worker',
  'networking: {}',
  'containerdConfigPatches:',
  '    - |',
  '      [plugins."io.containerd.grpc.v1.cri".registry]',
  '          config_path = "/etc/containerd/certs.d"',
  '',
].join('\n')

/** kubeadm refuses it at once. */
const broken = [
  'kind: Cluster',
  'apiVersion: kind.x-k8s.io/v1alpha4',
  'kubeadmConfigPatches:',
  '- |',
  '  kind: ClusterConfiguration',
  '  kubernetesVersion: nonsense',
  '',
].join('\n')

export function transcript(): readonly Step[] {
  const dev = ['--name', 'dev']
  const both = { env: { KUBECONFIG: `none:${mine}:${config}` }, kubeconfigs: [mine, config] }
  return [
    ...withoutClusters,
    { words: ['create', 'cluster', '--image', 'IMAGE', '--wait', '60s'], kubeconfigs: [config] },
    { words: ['get', 'clusters'] },
    { words: ['get', 'nodes'] },
    { words: ['get', 'kubeconfig'] },
    { words: ['get', 'kubeconfig', '--internal'] },
    { words: ['create', 'cluster', '--image', 'IMAGE'], kubeconfigs: [config] },
    { words: ['export', 'kubeconfig', '--kubeconfig', 'new.kubeconfig'], kubeconfigs: ['new.kubeconfig'] },
    { words: ['export', 'kubeconfig', '--internal', '--kubeconfig', mine], kubeconfigs: [mine] },
    // ctlptl, in its order.
    { words: ['get', 'clusters'] },
    { words: ['version'] },
    {
      words: ['create', 'cluster', ...dev, '--image', 'IMAGE', '--config', '-'],
      stdin: ofCtlptl,
      kubeconfigs: [config],
    },
    { words: ['get', 'nodes', ...dev], isUnordered: true },
    { words: ['get', 'nodes'], env: { KIND_CLUSTER_NAME: 'dev' }, isUnordered: true },
    { words: ['get', 'nodes', '-A'], isUnordered: true },
    { words: ['get', 'clusters', '-v', '1'] },
    { words: ['export', 'kubeconfig', ...dev], ...both },
    { words: ['export', 'logs', ...dev, 'logs'], folder: 'logs' },
    {
      words: ['create', 'cluster', '--name=broken', '--image=IMAGE', '--config=-'],
      stdin: broken,
      kubeconfigs: [config],
    },
    { words: ['get', 'clusters'] },
    { words: ['delete', 'cluster', ...dev], ...both },
    { words: ['delete', 'clusters', 'kind', 'dev'], kubeconfigs: [config] },
    { words: ['delete', 'cluster', '--kubeconfig', mine], kubeconfigs: [mine] },
    { words: ['delete', 'cluster', '--kubeconfig', 'new.kubeconfig'], kubeconfigs: ['new.kubeconfig'] },
    { words: ['get', 'clusters'] },
  ]
}
