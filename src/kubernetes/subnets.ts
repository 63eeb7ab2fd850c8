/** What Kubernetes takes out of the ranges that a cluster file gives it. */

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

/**
 * The address of the API server as a service, `kubernetes.default`: it gets the first one of the first service subnet.
 * @param serviceSubnet one CIDR, or two joined by a comma.
 */
export function apiServiceAddress(serviceSubnet: string): string {
  const [address = '', prefix = ''] = (serviceSubnet.split(',')[0] ?? '').trim().split('/')
  const network = networkAddress(address, Number(prefix))
  if (!network.includes(':')) return network.replace(/\d+$/, (last) => String(Number(last) + 1))
  const groups = ipv6Groups(network).map((group, index) => (index === 7 ? group + 1 : group))
  return shortIpv6(groups.map((group) => group.toString(16)).join(':'))
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
