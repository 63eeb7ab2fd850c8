import type { Kina } from '../../cluster/kina.ts'
import { KinaError } from '../../errors.ts'
import { defineCommand } from '../define-command.ts'
import { givenName, kubeconfigOption, nameOption, nameWord } from '../shared-options.ts'

export const createCluster = defineCommand({
  name: ['create', 'cluster'],
  aliases: [['create']],
  summary: 'Create a Kubernetes cluster',
  kindFailure: 'failed to create cluster',
  details: [
    'Makes one virtual machine for each node, sets Kubernetes up in them with kubeadm, and enters the cluster into the kubeconfig. A create that fails or is interrupted removes what it made and keeps the evidence.',
    'A wait that runs out leaves cluster and kubeconfig in place and ends with exit code 5.',
  ],
  positionals: [nameWord],
  options: {
    name: nameOption,
    config: { value: 'FILE', help: "kind's cluster file (kind.x-k8s.io/v1alpha4); - reads stdin" },
    image: { value: 'REF', help: 'Node image of all nodes, such as kindest/node:v1.37.0' },
    kubernetesVersion: { value: 'VERSION', help: 'Choose a pinned node image by its Kubernetes version, such as 1.35' },
    workers: { value: 'N', help: 'Number of workers, where the file lists no nodes' },
    controlPlanes: { value: 'N', help: 'Number of control planes, where the file lists no nodes; only 1 so far' },
    cpus: { value: 'N', help: 'Processors of each node, default 4' },
    memory: { value: 'SIZE', help: 'Memory of each node, default 4g' },
    wait: {
      value: 'DURATION',
      help: 'How long to wait until all nodes and CoreDNS are ready, default 5m; 0 does not wait',
    },
    retain: { help: 'Keep what was made when the create fails' },
    kubeconfig: kubeconfigOption,
    ifNotExists: { help: 'Be content with a finished, running cluster of this name, and replace an unfinished one' },
    allowDegraded: { help: 'Go on without workers that cannot join' },
    imageCache: {
      value: 'MODE',
      help: 'Node images that container does not have: auto takes them from the image cache, where it can be used; on insists on it; off leaves them to "container image pull"',
      choices: ['auto', 'on', 'off'],
    },
    noPrepared: { help: 'Use no prepared disks, see "kina help cache warm" (KINA_PREPARED=off)' },
    plan: { help: 'Print what would be made and the steps, and start nothing' },
    output: { short: 'o', value: 'FORMAT', help: 'How --plan is written, default yaml', choices: ['json', 'yaml'] },
  },
  examples: [
    'kina create cluster',
    'kina create cluster dev --workers 2 --kubernetes-version 1.35',
    'kina create cluster --config cluster.yaml --wait 2m',
    'kina create cluster --config - --plan <cluster.yaml',
  ],
  async run({ kina, values, words, events, stdout }) {
    const [{ resolve }, { readWishes }] = await Promise.all([
      import('../../config/resolve.ts'),
      import('../read-wishes.ts'),
    ])
    const { host, product, report } = kina
    const name = givenName(values.name, words)
    const { spec, warnings } = resolve(await readWishes(host, name, values), {
      product,
      env: host.env,
      arch: host.platform.arch,
      cwd: host.platform.cwd,
    })
    for (const message of warnings) report({ kind: 'warning', message })
    const preparedFolder = await foundPreparedFolder(kina, values.noPrepared)
    if (values.plan) {
      const { renderPlan } = await import('../render/plan.ts')
      stdout(await renderPlan(spec, values.output === 'json' ? 'json' : 'yaml', preparedFolder !== undefined))
      return 0
    }
    const { nodeImageCache } = await import('../open-cache.ts')
    const imageCache = nodeImageCache(kina, values.imageCache ?? 'auto')
    if (product === 'kind') report({ kind: 'notice', message: `Creating cluster "${spec.name}" ...` })
    const { createCluster: create } = await import('../../cluster/create-cluster.ts')
    const { reportOutcome } = await import('../report-outcome.ts')
    const outcome = await create(kina, spec, {
      retain: values.retain,
      ifNotExists: values.ifNotExists,
      imageCache,
      preparedFolder,
      events,
      ...(values.kubeconfig === undefined ? {} : { kubeconfig: values.kubeconfig }),
    })
    return reportOutcome(kina, spec, outcome, values.kubeconfig)
  },
})

/**
 * Where prepared disks are, undefined where there are none or none are wanted: then nothing is different, and nothing asked.
 * @throws KinaError `usage` for a setting that cannot be read.
 */
async function foundPreparedFolder({ host }: Kina, areUnwanted: boolean): Promise<string | undefined> {
  const setting = host.env['KINA_PREPARED'] || 'auto'
  if (!['auto', 'off'].includes(setting)) {
    throw new KinaError('usage', `Cannot use "${setting}" as KINA_PREPARED`, { hint: 'Set it to auto or off' })
  }
  if (areUnwanted || setting === 'off') return undefined
  const [{ preparedFolder }, { preparedDisks }] = await Promise.all([
    import('../../cluster/state-folder.ts'),
    import('../../cluster/prepared/disk-folder.ts'),
  ])
  const folder = preparedFolder(host)
  // A cache that cannot be looked into is as good as none.
  const disks = await preparedDisks(host, folder).catch(() => [])
  return disks.length > 0 ? folder : undefined
}
