import { kubeconfigPaths } from '../../cluster/enter-kubeconfig.ts'
import { blocks, type Check } from '../check.ts'

/** kubectl and kina hold it for milliseconds; one that stays was left by a program that died. */
export const kubeconfigLock: Check = {
  name: 'kubeconfig-lock',
  claim: 'no program holds the lock of the kubeconfig',
  async look({ kina: { host } }) {
    const locks = await Promise.all(
      kubeconfigPaths(host, undefined).map(async (path) => `${await host.files.realPath(path)}.lock`),
    )
    const kinds = await Promise.all(locks.map((lock) => host.files.kindOf(lock)))
    return locks
      .filter((_, index) => kinds[index] !== undefined)
      .map((lock) => blocks(`${lock} exists`, `If no kubectl or kina is at work, remove ${lock}`))
  },
}
