import { advisedRelease, whyUnsupported } from '../../apple-container/features.ts'
import { blocks, type Check } from '../check.ts'

export const containerRelease: Check = {
  name: 'container-release',
  claim: 'kina works with this release of container',
  async look({ versions }) {
    const { cli } = await versions()
    const reason = whyUnsupported(cli)
    if (reason === undefined) return []
    return [blocks(`container is ${cli}: ${reason}`, `Install container ${advisedRelease} or later`)]
  },
}
