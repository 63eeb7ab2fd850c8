import { warns, type Check } from '../check.ts'

/** After a reboot of the Mac, and after container system stop, none does. */
export const nodesRun: Check = {
  name: 'nodes-run',
  claim: 'the nodes of every cluster run',
  async look({ clusters }) {
    return (await clusters()).flatMap(({ name, nodes }) => {
      const stopped = nodes.filter(({ state }) => state !== 'running').map(({ id }) => id)
      if (stopped.length === 0) return []
      return [
        warns(
          `of cluster "${name}" ${stopped.join(', ')} do not run`,
          `kina delete cluster ${name}, and create it again`,
        ),
      ]
    })
  },
}
