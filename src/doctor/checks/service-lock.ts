import { blocks, type Check } from '../check.ts'
import { codeOf } from '../scene.ts'

/** One boot or exec that hangs keeps all others waiting, while lists still answer (apple/container#1884). */
export const serviceLock: Check = {
  name: 'service-lock',
  claim: 'nothing holds the lock of the container service',
  async look({ versions, passLock }) {
    if ((await versions()).service === undefined) return []
    try {
      await passLock()
      return []
    } catch (error) {
      const { code, message } = codeOf(error)
      if (code !== 'timed-out') return []
      return [blocks(message, "container system stop, then container system start (this stops everybody's containers)")]
    }
  },
}
