import { deleteBootstrapToken } from '../../guest/programs.ts'
import type { Step } from '../../plan/plan.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import type { NodeSpec } from '../spec.ts'

/** The bootstrap token of this run is of no use any more. */
export function deleteToken(node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: 'delete-token',
    title: 'Delete bootstrap token',
    phase: 'finish',
    needs,
    async run({ kina, sessions, token }, signal) {
      await runInNode(sessions, node.name, deleteBootstrapToken, {
        stdin: `${token.slice(0, token.indexOf('.'))}\n`,
        within: kina.deadlines.guestCommand,
        signal,
      })
    },
  }
}
