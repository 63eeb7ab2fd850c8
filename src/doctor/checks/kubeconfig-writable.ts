import { kubeconfigToWrite } from '../../cluster/enter-kubeconfig.ts'
import { blocks, type Check } from '../check.ts'
import { codeOf } from '../scene.ts'

export const kubeconfigWritable: Check = {
  name: 'kubeconfig-writable',
  claim: 'the kubeconfig can be read and written',
  async look({ kina }) {
    try {
      await kubeconfigToWrite(kina, undefined)
      return []
    } catch (error) {
      const { message, seen, hint } = codeOf(error)
      return [
        blocks([message, ...seen].join('; '), hint ?? 'Mend the file, or name another one with --kubeconfig FILE'),
      ]
    }
  },
}
