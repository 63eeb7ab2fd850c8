import { blocks, type Check } from '../check.ts'
import { codeOf } from '../scene.ts'

/** A create of several nodes asks for the networks, and container itself in every create: it gives itself one second (apple/container#857, #1162). */
export const networkAnswers: Check = {
  name: 'network-answers',
  claim: 'container lists its networks',
  async look({ versions, network }) {
    if ((await versions()).service === undefined) return []
    try {
      await network()
      return []
    } catch (error) {
      const { message, seen } = codeOf(error)
      return [blocks([message, ...seen.slice(1)].join('; '), 'Run it again when the Mac is less busy')]
    }
  },
}
