import { blocks, type Check } from '../check.ts'
import { codeOf } from '../scene.ts'

/** Translated by Rosetta, `container` refuses every command. */
export const containerNative: Check = {
  name: 'container-native',
  claim: 'container runs natively',
  async look({ versions }) {
    try {
      await versions()
      return []
    } catch (error) {
      const { code, message, hint } = codeOf(error)
      return code === 'host-unsupported' ? [blocks(message, hint ?? '')] : []
    }
  },
}
