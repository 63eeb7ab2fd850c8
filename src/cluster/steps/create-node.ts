import { KinaError } from '../../errors.ts'
import type { PublishedPort } from '../../apple-container/apple-container.ts'
import type { Step } from '../../plan/plan.ts'
import { controlPlaneOf, type CreateRun } from '../create-run.ts'
import { apiServerPort } from '../kubeadm-input.ts'
import { nodeProxies } from '../node-proxies.ts'
import { labelsOf } from '../names.ts'
import type { Kina } from '../kina.ts'
import { diskPlace } from '../prepared/clone-disk.ts'
import type { NodeSpec } from '../spec.ts'

/** The container of a node exists; nothing runs yet, so a failed boot leaves its evidence. */
export function createNode(node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: `create-node ${node.name}`,
    title: `Create ${node.name}`,
    phase: 'nodes',
    needs,
    async run(run, signal) {
      await createContainer(run, node, signal)
    },
  }
}

/** Also used when a port of kina's own choice could not be bound and the container is made anew. */
export async function createContainer(run: CreateRun, node: NodeSpec, signal: AbortSignal): Promise<void> {
  const { kina, spec } = run
  const disk = run.disks.get(node.name)
  for (const mount of node.mounts) {
    // As docker does: a host folder that is missing is made. `container` refuses to start without it.
    if ((await kina.host.files.kindOf(mount.hostPath)) === undefined) {
      await kina.host.files.makeFolder(mount.hostPath, 0o755)
    }
  }
  await run.apple.create(
    {
      name: node.name,
      image: node.image,
      platform: spec.platform,
      labels: labelsOf({ cluster: spec.name, role: node.role, run: kina.run }),
      env: {
        ...(spec.networking.dnsSearch ? { KIND_DNS_SEARCH: spec.networking.dnsSearch.join(' ') } : {}),
        ...(node.role === 'control-plane' ? { KUBECONFIG: '/etc/kubernetes/admin.conf' } : {}),
      },
      inheritedEnv: { ...nodeProxies(spec, kina.host.env, run.network), ...snapshotterOf(kina) },
      cpus: node.cpus,
      memoryBytes: node.memoryBytes,
      mounts: [
        ...(disk === undefined ? [] : [{ source: disk.volume, target: diskPlace, readOnly: false }]),
        ...node.mounts.map(({ hostPath, containerPath, readOnly }) => ({
          source: hostPath,
          target: containerPath,
          readOnly,
        })),
      ],
      publish: await portsOf(run, node),
    },
    { signal, within: kina.deadlines.create },
  )
}

/** kind hands its choice of containerd's snapshotter on; the entrypoint of a kindest/node reads it. */
function snapshotterOf({ product, host }: Kina): Readonly<Record<string, string>> {
  const name = 'KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER'
  const value = host.env[name]
  return product === 'kind' && value ? { [name]: value } : {}
}

async function portsOf(run: CreateRun, node: NodeSpec): Promise<readonly PublishedPort[]> {
  const ports: PublishedPort[] = []
  if (node === controlPlaneOf(run.spec)) {
    const { apiServerAddress, apiServerPort: wished } = run.spec.networking
    run.apiServerPort = wished || (await run.kina.host.freePort(apiServerAddress))
    ports.push({
      hostAddress: apiServerAddress,
      hostPort: run.apiServerPort,
      containerPort: apiServerPort,
      proto: 'tcp',
    })
  }
  for (const { listenAddress, hostPort, containerPort, protocol } of node.ports) {
    ports.push({
      hostAddress: listenAddress,
      hostPort: hostPort || (await run.kina.host.freePort(listenAddress)),
      containerPort,
      proto: protocol,
    })
  }
  // `container` refuses two publish options with one host port and protocol even on different addresses.
  const used = new Set<string>()
  for (const { hostPort, proto } of ports) {
    const key = `${hostPort}/${proto}`
    if (used.has(key)) {
      throw new KinaError('invalid-config', `Cannot create ${node.name}: host port ${key} is published twice`, {
        hint: 'container takes a host port once per node, whatever the address; choose another hostPort',
      })
    }
    used.add(key)
  }
  return ports
}
