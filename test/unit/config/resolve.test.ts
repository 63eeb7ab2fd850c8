import { describe, expect, it } from 'vitest'
import { KinaError } from '../../../src/errors.ts'
import { deadlines } from '../../../src/config/defaults.ts'
import { nodeImageFor, nodeImages } from '../../../src/config/node-images.ts'
import { planCreate } from '../../../src/cluster/create.ts'
import { resolve, type Resolved, type Surroundings, type Wishes } from '../../../src/config/resolve.ts'

const around: Surroundings = { product: 'kina', env: {}, arch: 'arm64', cwd: '/home/me/project' }
const header = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'

function resolved(text: string, wishes: Partial<Wishes> = {}, place: Partial<Surroundings> = {}): Resolved {
  return resolve(
    { allowDegraded: false, file: { text: header + text, source: 'c.yaml' }, ...wishes },
    { ...around, ...place },
  )
}

function problems(text: string, wishes: Partial<Wishes> = {}, place: Partial<Surroundings> = {}): string {
  try {
    resolved(text, wishes, place)
  } catch (error) {
    if (!(error instanceof KinaError)) throw error
    expect(error.code).toBe('invalid-config')
    return [error.message, ...error.seen].join('\n')
  }
  return 'none'
}

describe('resolve() decides everything', () => {
  it('one control plane with defaults', () => {
    const { spec, warnings } = resolve({ allowDegraded: false }, around)
    expect(warnings).toEqual([])
    expect(spec.name).toBe('kina')
    expect(spec.contextName).toBe('kina-kina')
    expect(spec.platform).toBe('linux/arm64')
    expect(spec.nodes.map(({ name, role, cpus, memoryBytes }) => ({ name, role, cpus, memoryBytes }))).toEqual([
      { name: 'kina-control-plane', role: 'control-plane', cpus: 4, memoryBytes: 4 * 1024 ** 3 },
    ])
    expect(spec.networking).toEqual({
      ipFamily: 'ipv4',
      apiServerAddress: '127.0.0.1',
      apiServerPort: 0,
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/16',
      kubeProxyMode: 'iptables',
      disableDefaultCni: false,
      dnsSearch: undefined,
    })
    expect(spec.wait).toEqual({ ms: 300_000, until: 'all-nodes-and-dns' })
  })

  it("kind's defaults under kind's name", () => {
    const { spec } = resolve({ allowDegraded: false }, { ...around, product: 'kind' })
    expect(spec.contextName).toBe('kind-kind')
    expect(spec.wait).toEqual({ ms: 0, until: 'control-planes' })
  })

  it('the name by flag, environment, file and default, in this order', () => {
    const env = { KINA_CLUSTER_NAME: 'by-env', KIND_CLUSTER_NAME: 'by-kind' }
    expect(resolved('name: by-file', { name: 'by-flag' }, { env }).spec.name).toBe('by-flag')
    expect(resolved('name: by-file', {}, { env }).spec.name).toBe('by-env')
    expect(resolved('name: by-file', {}, { env, product: 'kind' }).spec.name).toBe('by-kind')
    expect(resolved('name: by-file').spec.name).toBe('by-file')
    expect(resolved('').spec.name).toBe('kina')
  })

  it('names of nodes as kind has them, control plane first', () => {
    const { spec } = resolved('nodes: [{role: worker}, {role: control-plane}, {role: worker}]', { name: 'dev.eu' })
    expect(spec.nodes.map(({ name }) => name)).toEqual(['dev.eu-control-plane', 'dev.eu-worker', 'dev.eu-worker2'])
  })

  it('images: the flag for all nodes, else the node, else the newest of the table', () => {
    const text = 'nodes: [{role: control-plane}, {role: worker, image: kindest/node:v1.36.1}]'
    expect(resolved(text).spec.nodes.map(({ image }) => image)).toEqual([
      nodeImages[0]?.reference,
      'docker.io/kindest/node:v1.36.1',
    ])
    expect(resolved(text, { image: 'my/node:1' }).spec.nodes.map(({ image }) => image)).toEqual([
      'docker.io/my/node:1',
      'docker.io/my/node:1',
    ])
    expect(resolved('', { kubernetesVersion: '1.35' }).spec.nodes[0]?.image).toBe(nodeImageFor('1.35'))
  })

  it('mounts relative to the folder of the caller, ports with their defaults', () => {
    const { spec, warnings } = resolved(
      'nodes:\n- extraMounts: [{hostPath: ./data, containerPath: /data, propagation: Bidirectional}, {hostPath: /abs, containerPath: /b, readOnly: true}]\n  extraPortMappings: [{containerPort: 80, hostPort: -1}, {containerPort: 53, hostPort: 5353, protocol: udp, listenAddress: 127.0.0.1}]\n',
    )
    expect(spec.nodes[0]?.mounts).toEqual([
      { hostPath: '/home/me/project/data', containerPath: '/data', readOnly: false },
      { hostPath: '/abs', containerPath: '/b', readOnly: true },
    ])
    expect(spec.nodes[0]?.ports).toEqual([
      { containerPort: 80, hostPort: 0, listenAddress: '0.0.0.0', protocol: 'tcp' },
      { containerPort: 53, hostPort: 5353, listenAddress: '127.0.0.1', protocol: 'udp' },
    ])
    expect(warnings).toEqual(['Mounts made on the host later do not appear in nodes: propagation ends at the VM'])
  })

  it('the defaults of each IP family', () => {
    const six = resolved('networking: {ipFamily: ipv6}').spec.networking
    expect([six.apiServerAddress, six.podSubnet, six.serviceSubnet]).toEqual([
      '::1',
      'fd00:10:244::/56',
      'fd00:10:96::/112',
    ])
    expect(resolved('networking: {ipFamily: dual}').spec.networking.podSubnet).toBe('10.244.0.0/16,fd00:10:244::/56')
  })

  it('a warning for an API server that others can reach, and for nodes without a CNI', () => {
    const { warnings, spec } = resolved(
      'nodes: [{}, {role: worker}]\nnetworking: {apiServerAddress: 0.0.0.0, disableDefaultCNI: true}',
    )
    expect(warnings.length).toBe(2)
    expect(spec.wait).toEqual({
      ms: 0,
      until: 'all-nodes-and-dns',
      reason: 'nodes become Ready when a CNI is installed',
    })
    expect(resolved('networking: {apiServerAddress: 127.0.0.2}').warnings).toEqual([])
  })

  it('no wait for CoreDNS where kubeProxyMode is none, and a warning that says why', () => {
    const { warnings, spec } = resolved('networking: {kubeProxyMode: none}')
    expect(warnings.join()).toContain('CoreDNS stays unready until something translates service addresses')
    expect(spec.wait).toEqual({ ms: 300_000, until: 'all-nodes' })
    expect(planCreate(spec).find(({ id }) => id === 'wait-ready')?.title).toBe('Wait for nodes')
  })

  it('the wait as it is given', () => {
    expect(resolved('', { wait: '90' }).spec.wait.ms).toBe(90_000)
    expect(resolved('', { wait: '-1s' }).spec.wait.ms).toBe(0)
    expect(problems('', { wait: '90' }, { product: 'kind' })).toContain('invalid duration "90"')
  })

  it('patches, gates and proxies by name only', () => {
    const { spec } = resolved(
      'featureGates: {B: true}\nruntimeConfig: {api/all: true}\nkubeadmConfigPatches: ["kind: ClusterConfiguration"]\nkubeadmConfigPatchesJSON6902: [{kind: X, patch: "[]"}]\ncontainerdConfigPatches: ["a = 1"]\ncontainerdConfigPatchesJSON6902: ["[]"]\nnetworking: {dnsSearch: [a.b]}',
      {},
      { env: { https_proxy: 'http://u:p@x' } },
    )
    expect(spec.proxyVariables).toEqual(['HTTPS_PROXY'])
    expect(JSON.stringify(spec)).not.toContain('u:p')
    expect(spec.kubeadmPatches.json6902).toEqual([{ group: '', version: '', kind: 'X', patch: '[]' }])
    expect(spec.runtimeConfig).toEqual({ 'api/all': 'true' })
    expect(spec.networking.dnsSearch).toEqual(['a.b'])
  })

  it('deadlines multiplied by the scale', () => {
    expect(deadlines(2).guestCommand).toBe(deadlines(1).guestCommand * 2)
  })
})

describe('resolve() refuses with the place', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['a port out of range', 'networking: {apiServerPort: 70000}', 'invalid apiServerPort: invalid port number: 70000'],
    ['an unknown family', 'networking: {ipFamily: ipv5}', 'invalid ipFamily: ipv5'],
    ['an address that is none', 'networking: {apiServerAddress: here}', 'invalid apiServerAddress: here'],
    ['a subnet that is none', 'networking: {podSubnet: ten}', 'invalid pod subnet failed to parse cidr value:"ten"'],
    [
      'two subnets in one family',
      'networking: {serviceSubnet: "10.1.0.0/16,10.2.0.0/16"}',
      'invalid service subnet only one CIDR allowed',
    ],
    ['a subnet of the other family', 'networking: {podSubnet: "fd00::/56"}', 'expected IPv4 CIDR for IPv4 family'],
    ['IPv4 for IPv6', 'networking: {ipFamily: ipv6, podSubnet: 10.0.0.0/8}', 'expected IPv6 CIDR for IPv6 family'],
    [
      'a pair of one family in dual stack',
      'networking: {ipFamily: dual, podSubnet: "10.1.0.0/16,10.2.0.0/16"}',
      'for dual-stack networking',
    ],
    ['an unknown proxy mode', 'networking: {kubeProxyMode: magic}', 'invalid kubeProxyMode: magic'],
    ['only workers', 'nodes: [{role: worker}]', 'must have at least one control-plane node'],
    ['an unknown role', 'nodes: [{role: boss}]', '"boss" is not a valid node role'],
    ['an image that is none', 'nodes: [{image: "A B"}]', '"A B" is no image reference'],
    ['several control planes', 'nodes: [{}, {}]', '2 control planes are asked for'],
    ['a label with a bad key', 'nodes: [{labels: {"a b": c}}]', 'its key must be'],
    ['a label with a bad value', 'nodes: [{labels: {a: "b c"}}]', 'its value must be'],
    ['a label with two slashes', 'nodes: [{labels: {a/b/c: d}}]', 'its key must be'],
    [
      'a host port out of range',
      'nodes: [{extraPortMappings: [{containerPort: 1, hostPort: -2}]}]',
      'invalid hostPort: invalid port number: -2',
    ],
    [
      'a container port that is missing',
      'nodes: [{extraPortMappings: [{hostPort: 80}]}]',
      'invalid containerPort: invalid port number: 0',
    ],
    [
      'a listen address that is none',
      'nodes: [{extraPortMappings: [{containerPort: 1, listenAddress: all}]}]',
      'invalid listen address: all',
    ],
    ['SCTP', 'nodes: [{extraPortMappings: [{containerPort: 1, protocol: SCTP}]}]', 'SCTP cannot be published'],
    [
      'the same port twice',
      'nodes: [{extraPortMappings: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80}]}]',
      'port mapping with same listen address, port and protocol already configured: 0.0.0.0:80/TCP',
    ],
    [
      'the same port at two addresses',
      'nodes: [{extraPortMappings: [{containerPort: 1, hostPort: 80, listenAddress: 127.0.0.1}, {containerPort: 2, hostPort: 80, listenAddress: 127.0.0.2}]}]',
      'container takes a host port once per node',
    ],
    ['a mount without a source', 'nodes: [{extraMounts: [{containerPath: /a}]}]', 'hostPath is missing'],
    [
      'a mount at a relative path',
      'nodes: [{extraMounts: [{hostPath: /a, containerPath: b}]}]',
      'containerPath must be an absolute path',
    ],
    [
      'a mount with a colon',
      'nodes: [{extraMounts: [{hostPath: "/a:b", containerPath: /b}]}]',
      'hostPath holds a colon',
    ],
    ['a merge patch without a kind', 'kubeadmConfigPatches: ["a: b"]', 'does not say the kind'],
    [
      'a JSON patch that is no list',
      'nodes: [{kubeadmConfigPatchesJSON6902: [{kind: X, patch: "a: b"}]}]',
      'not a list of operations',
    ],
    ['a JSON patch without a kind', 'kubeadmConfigPatchesJSON6902: [{patch: "[]"}]', 'must say the kind'],
    ['TOML that is none', 'containerdConfigPatches: ["a = "]', 'Cannot read a containerd patch'],
    ['a containerd JSON patch that is none', 'containerdConfigPatchesJSON6902: ["{"]', 'Cannot read a JSON 6902 patch'],
    [
      'too old a worker',
      'nodes: [{image: "n:v1.35.1"}, {role: worker, image: "n:v1.31.0"}]',
      'version-skew policy violation: kina-worker is 4 minor versions behind',
    ],
    [
      'too new a worker',
      'nodes: [{image: "n:v1.35.1"}, {role: worker, image: "n:v1.36.0"}]',
      'version-skew policy violation: kina-worker is newer than the control plane',
    ],
  ]
  for (const [what, text, says] of cases) {
    it(what, () => {
      const found = problems(text)
      expect(found).toContain(says)
      expect(found).toMatch(/c\.yaml:\d+:\d+|version-skew/)
    })
  }

  const flags: readonly (readonly [string, Partial<Wishes>, string])[] = [
    [
      'names that kind refuses',
      { name: 'A' },
      "'A' is not a valid cluster name, cluster names must match `^[a-z0-9.-]+$`",
    ],
    ['names that Kubernetes refuses', { name: '-a' }, 'gives the node name "-a-control-plane"'],
    ['names that are too long', { name: 'a'.repeat(60) }, 'at most 63 are possible: shorten it to 49'],
    ['workers beside a list of nodes', { workers: '2' }, 'the file lists its nodes'],
    ['too many workers', { workers: '1000' }, '"1000" is not an integer from 0 to 250'],
    ['sizes that are none', { memory: 'big' }, '"big" is no size'],
    ['versions that the table has not', { kubernetesVersion: '1.2' }, 'expected one of 1.37, 1.36'],
    ['images that are none', { image: 'A B' }, '"A B" is no image reference'],
  ]
  for (const [what, wishes, says] of flags) {
    it(what, () => expect(problems(wishes.workers === '2' ? 'nodes: [{}]' : '', wishes)).toContain(says))
  }
  it('all at once', () => {
    expect(
      problems('nodes: [{role: boss}]\nnetworking: {ipFamily: ipv5}', { name: 'A', cpus: '0' }).split('\n').length,
    ).toBe(6)
  })
})

describe('the table of node images', () => {
  it('is pinned by digest, newest first, each with its source', () => {
    for (const { minor, reference, source } of nodeImages) {
      expect(reference).toMatch(
        new RegExp(`^docker\\.io/kindest/node:v${minor.replace('.', '\\.')}\\.\\d+@sha256:[0-9a-f]{64}$`),
      )
      expect(source.length).toBeGreaterThan(10)
    }
    const minors = nodeImages.map(({ minor }) => Number(minor.split('.')[1]))
    expect(minors).toEqual(minors.toSorted((a, b) => b - a))
  })
  it('is asked by minor or exact version', () => {
    expect(nodeImageFor('v1.35')).toBe(nodeImageFor('1.35.8'))
    expect(nodeImageFor('1.3')).toBe(undefined)
  })
})
