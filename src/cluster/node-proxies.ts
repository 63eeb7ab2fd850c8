import type { Network } from '../apple-container/apple-container.ts'
import type { ClusterSpec } from './spec.ts'

/** The default network of macOS 15, which cannot be asked: its range is fixed. */
const fixedNetwork: Network = { gateway: '192.168.64.1', subnets: ['192.168.64.0/24'] }

/**
 * The host's proxy variables for the nodes, in both spellings as kind does. What is inside the cluster is never asked of a
 * proxy: subnets, the gateway, the nodes by name and what Kubernetes calls its own.
 */
export function nodeProxies(
  spec: ClusterSpec,
  env: Readonly<Record<string, string | undefined>>,
  network: Network | undefined,
): Readonly<Record<string, string>> {
  if (spec.proxyVariables.length === 0) return {}
  const { podSubnet, serviceSubnet } = spec.networking
  const { gateway, subnets } = network ?? fixedNetwork
  const values = new Map(spec.proxyVariables.map((name) => [name, env[name] || env[name.toLowerCase()] || '']))
  const noProxy = [
    ...(values.get('NO_PROXY') ?? '').split(','),
    ...serviceSubnet.split(','),
    ...podSubnet.split(','),
    ...subnets,
    ...(gateway === undefined ? [] : [gateway]),
    ...spec.nodes.map(({ name }) => name),
    'localhost',
    '127.0.0.1',
    '.svc',
    '.svc.cluster',
    '.svc.cluster.local',
  ]
  values.set('NO_PROXY', [...new Set(noProxy.filter(Boolean))].join(','))
  return Object.fromEntries(
    [...values].flatMap(([name, value]) => [
      [name, value],
      [name.toLowerCase(), value],
    ]),
  )
}
