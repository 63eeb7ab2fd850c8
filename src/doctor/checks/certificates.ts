import { X509Certificate } from 'node:crypto'
import { adminConfigs } from '../admin-configs.ts'
import { warns, type Check } from '../check.ts'

const dayMs = 24 * 60 * 60 * 1000
const soonDays = 30

/** kubeadm's certificates are valid for a year. */
export const certificates: Check = {
  name: 'certificates',
  claim: `no certificate of a cluster ends within ${soonDays} days`,
  async look(scene) {
    const now = scene.kina.host.clock.date().getTime()
    return (await adminConfigs(scene)).flatMap(({ node, credentials }) => {
      const ends = new Date(new X509Certificate(credentials.cert).validTo)
      const days = Math.floor((ends.getTime() - now) / dayMs)
      if (days >= soonDays) return []
      const day = ends.toISOString().slice(0, 10)
      return [
        warns(
          `the certificates of cluster "${node.cluster}" ${days < 0 ? 'ended' : 'end'} on ${day}`,
          `kina exec ${node.id} -- kubeadm certs renew all, then kina export kubeconfig --name ${node.cluster}`,
        ),
      ]
    })
  },
}
