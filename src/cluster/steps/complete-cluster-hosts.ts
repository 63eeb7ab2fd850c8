import { completeHosts } from '../../guest/programs.ts'
import type { Step } from '../../plan/plan.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import type { ClusterSpec } from '../spec.ts'

/** Every node knows every node by name. Apple rewrites /etc/hosts at each start, so this is said anew after each. */
export function completeClusterHosts(spec: ClusterSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: 'complete-hosts',
    title: 'Make nodes known to each other',
    phase: 'finish',
    needs,
    async run(run, signal) {
      const nodes = spec.nodes.filter(({ name }) => !run.missing.has(name))
      const lines = await Promise.all(nodes.map(async (node) => `${(await run.facts(node)).address} ${node.name}\n`))
      await Promise.all(
        nodes.map((node) =>
          runInNode(run.sessions, node.name, completeHosts, {
            stdin: lines.join(''),
            within: run.kina.deadlines.guestCommand,
            signal,
          }),
        ),
      )
    },
  }
}
