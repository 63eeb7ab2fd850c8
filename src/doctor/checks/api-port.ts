import { serverUrl } from '../../cluster/enter-kubeconfig.ts'
import { apiServerPort } from '../../cluster/kubeadm-input.ts'
import { warns, type Check, type Finding } from '../check.ts'
import { adminConfigs } from '../admin-configs.ts'

/** Local Network privacy (apple/container#2067), VPN filters (#1389) and a service that came back wrong (#1321) look like this. */
export const apiPort: Check = {
  name: 'api-port',
  claim: 'every API server is reached through its port',
  async look(scene) {
    const { host, deadlines, signal } = scene.kina
    const found = await Promise.all(
      (await adminConfigs(scene)).map(async ({ node, credentials }): Promise<readonly Finding[]> => {
        const port = node.publishedPorts.find(({ containerPort }) => containerPort === apiServerPort)
        if (!port) return []
        const url = serverUrl(port.hostAddress, port.hostPort)
        try {
          await host.getHttps(`${url}/readyz`, { ...credentials, within: deadlines.apiAnswer, signal })
          return []
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          return [
            warns(
              `cluster "${node.cluster}" does not answer at ${url}: ${reason}`,
              'Allow your terminal under System Settings, Privacy & Security, Local Network; switch off VPN filters; restart the node',
            ),
          ]
        }
      }),
    )
    return found.flat()
  },
}
