import { warns, type Check } from '../check.ts'

const gibibyte = 1024 ** 3

/** What a VM has once used it keeps until it is stopped, so the sum of what running ones may use has to fit. */
export const memory: Check = {
  name: 'memory',
  claim: 'running containers may not use more memory than there is',
  async look({ kina: { host }, containers }) {
    const running = (await containers()).filter(({ state }) => state === 'running')
    const promised = running.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
    if (promised <= host.platform.memoryBytes) return []
    const size = (bytes: number): string => `${(bytes / gibibyte).toFixed(1)} GiB`
    return [
      warns(
        `${running.length} running containers may use ${size(promised)}, there are ${size(host.platform.memoryBytes)}`,
        'Stop some, or create clusters with less --memory',
      ),
    ]
  },
}
