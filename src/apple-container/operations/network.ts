import * as v from 'valibot'
import type { Network } from '../apple-container.ts'
import { isXpcTimeout } from '../failures.ts'
import type { Operation } from '../operation.ts'

const networks = v.array(
  v.object({
    id: v.string(),
    status: v.optional(
      v.object({
        ipv4Gateway: v.optional(v.string()),
        ipv4Subnet: v.optional(v.string()),
        ipv6Subnet: v.optional(v.string()),
      }),
      {},
    ),
  }),
)

/** The exit code for words that are no command: on macOS 15 there is no `network`. */
const unknownCommand = 64

/** The built-in network, undefined where the command does not exist. */
export const listNetworks: Operation<Network | undefined> = {
  argv: ['network', 'list', '--format', 'json'],
  does: 'list networks',
  within: 12_000,
  parse: (stdout) => {
    if (stdout.trim() === '') return undefined
    const status = v.parse(networks, JSON.parse(stdout)).find(({ id }) => id === 'default')?.status
    return {
      gateway: status?.ipv4Gateway,
      subnets: [status?.ipv4Subnet, status?.ipv6Subnet].filter((subnet) => subnet !== undefined),
    }
  },
  alsoFine: ({ exitCode, stderr }) => exitCode === unknownCommand && !/Plugins are unavailable/.test(stderr),
  // The command line gives this request one second, which a busy Mac may miss.
  transient: isXpcTimeout,
}
