import { warns, type Check } from '../check.ts'
import { findProgram } from '../find-program.ts'

export const kubectlInstalled: Check = {
  name: 'kubectl-installed',
  claim: 'kubectl is installed',
  async look({ kina: { host } }) {
    if ((await findProgram(host, 'kubectl')) !== undefined) return []
    return [warns('there is no kubectl on the PATH', 'https://kubernetes.io/docs/tasks/tools')]
  },
}
