import { blocks, type Check } from '../check.ts'
import { installedKernel } from '../installed-kernel.ts'

/** No upgrade of container replaces a kernel that is there (apple/container#905, #2120); the first ones had no nf_tables. */
export const kernelAge: Check = {
  name: 'kernel-age',
  claim: 'the guest kernel is one with nf_tables',
  async look(scene) {
    const kernel = await installedKernel(scene)
    if (kernel === undefined || !/-6\.(?:[0-9]|1[0-7])\./.test(kernel)) return []
    return [
      blocks(
        `the installed guest kernel is ${kernel}, which has no nf_tables`,
        'container system kernel set --recommended --force, then create clusters again',
      ),
    ]
  },
}
