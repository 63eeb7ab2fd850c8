import { blocks, type Check } from '../check.ts'
import { installedKernel } from '../installed-kernel.ts'

export const kernelInstalled: Check = {
  name: 'kernel-installed',
  claim: 'a guest kernel is installed',
  async look(scene) {
    if ((await installedKernel(scene)) !== 'none') return []
    return [blocks('container has no default kernel', 'container system kernel set --recommended')]
  },
}
