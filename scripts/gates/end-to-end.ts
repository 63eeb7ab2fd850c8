import { storyFiles, storyOptions, storyVersions } from '../e2e-stories.ts'
import { whyNoRealNodes } from '../real-nodes.ts'
import { CannotRun, type CommandResult, type Gate } from './gate.ts'
import { suiteGate } from './test-suite.ts'

/** Prepares the machine (the first time that compiles Kubernetes, some 20 minutes on two cores), then tells the stories. */
export const endToEnd: Gate = {
  name: 'end to end on real nodes',
  seconds: 2 * 60 * 60,
  async run(tools) {
    const reason = whyNoRealNodes()
    if (reason !== undefined) throw new CannotRun(reason)
    const failed = ({ output }: CommandResult) => ({ passed: 0, failed: 1, output })
    const prepared = await tools.command(['./scripts/lab', 'up', ...storyVersions({ all: false })], { shows: /^lab: / })
    if (prepared.exitCode !== 0) return failed(prepared)
    const built = await tools.command(['node_modules/.bin/bun', 'scripts/build.ts', '--host-only'])
    if (built.exitCode !== 0) return failed(built)
    const words = [...storyOptions, ...storyFiles({ all: false })]
    return await suiteGate({ name: this.name, seconds: this.seconds, words }).run(tools)
  },
}
