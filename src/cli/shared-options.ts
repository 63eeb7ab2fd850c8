import { KinaError } from '../errors.ts'
import { defaults } from '../config/defaults.ts'
import { whyNotClusterName } from '../config/check-nodes.ts'
import { nameInEnvironment } from '../config/resolve.ts'
import type { Kina } from '../cluster/kina.ts'
import type { Option, Positional } from './define-command.ts'

/** Options that mean the same wherever they are. */

export const globalOptions = {
  verbosity: { short: 'v', value: 'N', isInteger: true, help: '0 shows steps, 1 also the commands that are run' },
  quiet: { short: 'q', help: 'Write nothing to stderr' },
  logFormat: {
    value: 'FORMAT',
    help: 'How progress is written to stderr; auto is pretty on a terminal, else plain',
    choices: ['auto', 'pretty', 'plain', 'json'],
  },
  help: { short: 'h', help: 'Show help' },
} as const satisfies Record<string, Option>

const outputFormats = ['table', 'json', 'yaml', 'name'] as const

export const nameOption = {
  short: 'n',
  value: 'NAME',
  help: 'Name of the cluster (KINA_CLUSTER_NAME, else kina)',
} as const
/** The cluster's name without its option, where kind has only the option. */
export const nameWord = { name: 'NAME', help: 'Name of the cluster', isKinaOnly: true } as const satisfies Positional

export const outputOption = {
  short: 'o',
  value: 'FORMAT',
  help: 'How the result is written',
  choices: outputFormats,
} as const
export const kubeconfigOption = {
  value: 'FILE',
  help: 'The kubeconfig file to change, instead of $KUBECONFIG or ~/.kube/config',
} as const

/**
 * The name that option and position give together, undefined when neither does.
 * @throws KinaError `usage` when they contradict each other or the name cannot be one.
 */
export function givenName(option: string | undefined, [word]: readonly string[]): string | undefined {
  if (option !== undefined && word !== undefined && option !== word) {
    throw new KinaError('usage', `Cannot tell which cluster is meant: "${word}" and --name "${option}"`, {
      hint: 'Give the name once',
    })
  }
  const name = option ?? word
  const reason = name === undefined ? undefined : whyNotClusterName(name)
  if (reason !== undefined) throw new KinaError('usage', reason, { hint: '"kina get clusters" lists the clusters' })
  return name
}

/** The cluster that a command is about: as given, else from the environment, else the default. */
export function clusterNameFor({ host, product }: Kina, option: string | undefined, words: readonly string[]): string {
  const name =
    givenName(option, words) ?? nameInEnvironment({ env: host.env, product }) ?? defaults.clusterName[product]
  return givenName(name, []) ?? name
}
