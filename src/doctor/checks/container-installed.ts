import { blocks, type Check } from '../check.ts'
import { codeOf } from '../scene.ts'

export const containerInstalled: Check = {
  name: 'container-installed',
  claim: 'container is installed',
  async look({ versions, kina }) {
    try {
      await versions()
      return []
    } catch (error) {
      const { code, message } = codeOf(error)
      if (code !== 'container-missing') return []
      const named = kina.host.env['KINA_CONTAINER']
      return [
        blocks(
          message,
          named ? 'Name the program in KINA_CONTAINER, or unset it' : 'https://github.com/apple/container/releases',
        ),
      ]
    }
  },
}
