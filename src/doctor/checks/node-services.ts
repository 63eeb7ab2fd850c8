import { warns, type Check } from '../check.ts'
import { nodesThatSay } from '../scene.ts'

export const nodeServices: Check = {
  name: 'node-services',
  claim: 'containerd and the kubelet run in every running node',
  async look(scene) {
    const units = ['containerd', 'kubelet'] as const
    const found = await Promise.all(units.map((unit) => nodesThatSay(scene, `${unit}-active`, 'no')))
    return units.flatMap((unit, index) =>
      (found[index] ?? []).map((node) =>
        warns(`${unit} does not run in ${node}`, `kina exec ${node} -- journalctl -u ${unit}`),
      ),
    )
  },
}
