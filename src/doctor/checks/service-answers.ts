import { blocks, type Check } from '../check.ts'
import { codeOf } from '../scene.ts'

export const serviceAnswers: Check = {
  name: 'service-answers',
  claim: 'the container service answers',
  async look({ versions, containers }) {
    if ((await versions()).service === undefined) return []
    try {
      await containers()
      return []
    } catch (error) {
      const { message, seen, hint } = codeOf(error)
      return [blocks([message, ...seen.slice(1)].join('; '), hint ?? 'Run "container list --all" by itself')]
    }
  },
}
