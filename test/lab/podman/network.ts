/** Bridges of labs: one for each subnet, as vmnet's; kept until the lab is removed. */
import type { Boot } from '../backend.ts'
import { prefix6 } from '../container-json.ts'
import { networkName } from './place.ts'
import { podman } from './run.ts'

/** Third numbers of 192.168.N.0/24 that labs may have; routers and hypervisors have lower ones. */
const first = 100
const count = 150

/**
 * A network that nobody else has: podman refuses a subnet that another network or the machine itself uses, whoever asks at the
 * same moment. The search begins anywhere, so that labs seldom ask for the same.
 * @param root of the lab that it belongs to, and with which it goes.
 * @returns the first three numbers, `192.168.137`: `LAB_SUBNET` of the lab.
 */
export async function claimNetwork(root: string): Promise<string> {
  const start = Math.floor(Math.random() * count)
  let last: unknown
  for (let index = 0; index < count; index++) {
    const subnet = `192.168.${first + ((start + index) % count)}`
    try {
      await createNetwork(subnet, 24, true, [`--label=kina-lab-root=${root}`])
      return subnet
    } catch (error) {
      last = error
    }
  }
  throw new Error('no network is free for a lab', { cause: last })
}

/** The network of a boot, made where the lab's subnet was chosen by hand. @returns podman's name for it. */
export async function ensureNetwork({ gateway, prefixLength, address6 }: Boot): Promise<string> {
  const name = networkName(gateway)
  const exists = await podman('network', 'exists', name).then(
    () => true,
    () => false,
  )
  if (!exists) await createNetwork(gateway.replace(/\.\d+$/, ''), prefixLength, address6 !== undefined, [])
  return name
}

async function createNetwork(
  subnet: string,
  prefixLength: number,
  hasIpv6: boolean,
  options: readonly string[],
): Promise<void> {
  const six = hasIpv6 ? ['--ipv6', `--subnet=${prefix6(subnet)}::/64`] : []
  const four = [`--subnet=${subnet}.0/${prefixLength}`, `--gateway=${subnet}.1`]
  await podman('network', 'create', ...options, ...four, ...six, '--opt=mtu=1500', networkName(`${subnet}.1`))
}
