import { advisedRelease } from '../../apple-container/features.ts'
import { warns, type Check } from '../check.ts'
import { nodesThatSay } from '../scene.ts'

/** apple/container#2041 */
export const nodeProcSys: Check = {
  name: 'node-proc-sys',
  claim: 'every node can write to /proc/sys',
  async look(scene) {
    return (await nodesThatSay(scene, 'proc-sys-writable', 'no')).map((node) =>
      warns(`/proc/sys is read-only in ${node}`, `Create the cluster again with container ${advisedRelease} or later`),
    )
  },
}
