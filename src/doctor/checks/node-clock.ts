import { warns, type Check } from '../check.ts'
import { saidByNodes } from '../scene.ts'

/** After sleep a guest's clock is set within 30 s; certificates and leases suffer from one that stays wrong. */
const mostSeconds = 35

export const nodeClock: Check = {
  name: 'node-clock',
  claim: "every node's clock is that of the Mac",
  async look(scene) {
    return (await saidByNodes(scene, 'clock'))
      .map(({ node, value, askedAt }) => ({ node, seconds: Math.round(Number(value) - askedAt) }))
      .filter(({ seconds }) => Math.abs(seconds) > mostSeconds)
      .map(({ node, seconds }) =>
        warns(
          `the clock of ${node.id} is ${Math.abs(seconds)} s ${seconds < 0 ? 'late' : 'early'}`,
          `Wait half a minute after sleep; if it stays, container stop ${node.id} and start it again`,
        ),
      )
  },
}
