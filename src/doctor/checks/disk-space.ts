import { blocks, warns, type Check } from '../check.ts'

const gibibyte = 1024 ** 3
/** A node image unpacked, and its images unpacked in a node. */
const needed = 4 * gibibyte
/** Below this a cluster at work soon fills the disk; in a node that shows as errors of its disk. */
const comfortable = 15 * gibibyte

export const diskSpace: Check = {
  name: 'disk-space',
  claim: 'the disk has room for a cluster',
  async look({ kina: { host }, dataFolder }) {
    const folder = (await dataFolder()) || host.platform.home
    const free = await host.files.freeBytes(folder)
    if (free === undefined || free >= comfortable) return []
    const evidence = `${(free / gibibyte).toFixed(1)} GiB are free for ${folder}`
    const remedy = 'container image prune, container system df; kina exec NODE -- fstrim / gives back what a node freed'
    return [(free < needed ? blocks : warns)(evidence, remedy)]
  },
}
