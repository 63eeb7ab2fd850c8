import { writeMarker as program } from '../../guest/programs.ts'
import type { Step } from '../../plan/plan.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import { specDigest } from '../marker.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

/** The last word of a create: labels cannot change afterwards, so a file tells a finished cluster from a half-made one. */
export function writeMarker(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: 'write-marker',
    title: 'Mark the cluster as finished',
    phase: 'finish',
    needs,
    async run({ kina, sessions }, signal) {
      const marker = { run: kina.run, version: kina.version, spec: specDigest(spec) }
      await runInNode(sessions, node.name, program, {
        stdin: `${JSON.stringify(marker)}\n`,
        within: kina.deadlines.guestCommand,
        signal,
      })
    },
  }
}
