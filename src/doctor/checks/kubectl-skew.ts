import { warns, type Check } from '../check.ts'
import { findProgram } from '../find-program.ts'
import { saidByNodes } from '../scene.ts'

/** kubectl may be one minor version newer or older than an API server. */
export const kubectlSkew: Check = {
  name: 'kubectl-skew',
  claim: 'kubectl is at most one minor version from every cluster',
  async look(scene) {
    const { host, deadlines, signal } = scene.kina
    const kubectl = await findProgram(host, 'kubectl')
    if (kubectl === undefined) return []
    const { stdout } = await host.run([kubectl, 'version', '--client', '--output=json'], {
      within: deadlines.guestCommand,
      signal,
    })
    const [text = '', client] = /v1\.(\d+)\.\d+/.exec(stdout) ?? []
    if (client === undefined) return []
    return (await saidByNodes(scene, 'version'))
      .filter(({ node }) => node.role === 'control-plane')
      .flatMap(({ node, value }) => {
        const [, server] = /^v1\.(\d+)\./.exec(value) ?? []
        if (server === undefined || Math.abs(Number(server) - Number(client)) <= 1) return []
        return [
          warns(`kubectl is ${text}, cluster "${node.cluster}" is ${value}`, 'Install a kubectl of about its version'),
        ]
      })
  },
}
