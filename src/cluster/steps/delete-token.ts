import { deleteBootstrapToken } from '../../guest/programs.ts'
import type { Step } from '../../plan/plan.ts'
import { askApiServer } from '../ask-api-server.ts'
import type { CreateRun } from '../create-run.ts'
import type { NodeSpec } from '../spec.ts'

/** The bootstrap token of this run is of no use any more. */
export function deleteToken(node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: 'delete-token',
    title: 'Delete bootstrap token',
    phase: 'finish',
    needs,
    async run(run, signal) {
      const { kina, token } = run
      await askApiServer(run, node.name, deleteBootstrapToken, {
        stdin: `${token.slice(0, token.indexOf('.'))}\n`,
        within: kina.deadlines.manifests,
        signal,
      })
    },
  }
}
