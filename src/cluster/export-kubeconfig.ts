import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { rewriteAdminConf } from '../kubernetes/kubeconfig.ts'
import { connect } from './connect.ts'
import { enterKubeconfig, kubeconfigToWrite, serverUrl } from './enter-kubeconfig.ts'
import { requireCluster, runningControlPlane, type NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'
import { apiServerPort } from './kubeadm-input.ts'

export interface KubeconfigOptions {
  readonly contextName: string
  /** With the address that nodes use, for clients inside the cluster's network. */
  readonly internal: boolean
}

/** The kubeconfig of a cluster as text, whatever the user's own file says. */
export async function clusterKubeconfig(kina: Kina, name: string, options: KubeconfigOptions): Promise<string> {
  const apple = connect(kina)
  const node = runningControlPlane(await requireCluster(apple, name))
  const adminConf = await readAdminConf(kina, apple, node)
  const server = options.internal ? `https://${node.id}:${apiServerPort}` : publishedServer(node)
  return rewriteAdminConf(adminConf, options.contextName, server)
}

/** Merges the kubeconfig of a cluster into the user's file and makes it the current context. */
export async function exportKubeconfig(
  kina: Kina,
  name: string,
  options: KubeconfigOptions & { readonly kubeconfig?: string },
): Promise<void> {
  const path = await kubeconfigToWrite(kina, options.kubeconfig)
  await enterKubeconfig(kina, path, await clusterKubeconfig(kina, name, options))
}

async function readAdminConf(kina: Kina, apple: AppleContainer, node: NodeRecord): Promise<string> {
  const argv = ['cat', '/etc/kubernetes/admin.conf']
  const { exitCode, stdout, stderr } = await apple.exec(node.id, argv, { within: kina.deadlines.guestCommand })
  if (exitCode === 0) return stdout
  throw new KinaError('node-command-failed', `Cannot read the kubeconfig in node "${node.id}"`, {
    seen: stderr.trim().split('\n').slice(-5),
    hint: `The create of this cluster may not have ended; see "kina status ${node.cluster}"`,
  })
}

function publishedServer(node: NodeRecord): string {
  const port = node.publishedPorts.find(({ containerPort }) => containerPort === apiServerPort)
  if (!port) {
    throw new KinaError('unexpected-answer', `Cannot find the API server's port of node "${node.id}"`, {
      seen: ['publishedPorts has no entry for 6443'],
    })
  }
  return serverUrl(port.hostAddress, port.hostPort)
}
