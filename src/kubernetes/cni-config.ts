/**
 * The CNI configuration that kindnetd would write, so that a node is Ready when it registers; kindnetd writes the same file later.
 * @param subnets the node's own pod ranges, one for each IP family.
 */
export function defaultCniConfig({ subnets }: { readonly subnets: readonly string[] }): string {
  const config = {
    cniVersion: '0.3.1',
    name: 'kindnet',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: '/run/cni-ipam-state',
          routes: subnets.map((subnet) => ({ dst: subnet.includes(':') ? '::/0' : '0.0.0.0/0' })),
          ranges: subnets.map((subnet) => [{ subnet }]),
        },
        mtu: 1500,
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** Lengths of the ranges that kubeadm's controller-manager gives to nodes. */
const nodePrefix = { ipv4: 24, ipv6: 64 }

/**
 * The ranges of the first node that registers: the first of each pod subnet, because the allocator goes by order.
 * @param podSubnet one CIDR, or two joined by a comma.
 */
export function firstNodeSubnets(podSubnet: string): readonly string[] {
  return podSubnet.split(',').map((cidr) => {
    const [address = '', prefix = ''] = cidr.trim().split('/')
    const wanted = address.includes(':') ? nodePrefix.ipv6 : nodePrefix.ipv4
    return `${networkAddress(address, Number(prefix))}/${Math.max(Number(prefix), wanted)}`
  })
}

/** Clears the bits behind the prefix, as the allocator does: it takes 10.244.3.7/16 for 10.244.0.0/16. */
function networkAddress(address: string, prefix: number): string {
  const isIpv6 = address.includes(':')
  const width = isIpv6 ? 16 : 8
  const parts = isIpv6 ? ipv6Groups(address) : address.split('.').map(Number)
  const kept = parts.map((part, index) => {
    const cleared = width - Math.min(Math.max(prefix - index * width, 0), width)
    return (part >> cleared) << cleared
  })
  return isIpv6 ? shortIpv6(kept.map((group) => group.toString(16)).join(':')) : kept.join('.')
}

function ipv6Groups(address: string): readonly number[] {
  const [before = [], after = []] = shortIpv6(address)
    .split('::')
    .map((half) => half.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
}

/** RFC 5952's form, which URLs have. */
function shortIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
