import type { Gate, Verdict } from './gate.ts'
import { suiteGate, type Suite } from './test-suite.ts'

/** What has to hold on every release that kina works with. 1.2.0 is refused: test/contract/unsupported-container.test.ts. */
const releases = ['1.0.0', '1.1.0', '1.2.1', '1.2.2', 'later']

/** The plain contract suite: clusters made, asked, stopped behind kina's back and removed, hosts that are not ready. */
const ofOneNode = ['release', 'create-and-delete', 'running-clusters']
const ofSeveralNodes = ['several-nodes', 'host-states', 'one-owner']

const suites: readonly (readonly [macOs: string, files: readonly string[]])[] = [
  ['26', [...ofOneNode, ...ofSeveralNodes]],
  // Its nodes cannot reach each other.
  ['15', ofOneNode],
]

/** The plain contract suite on every release and both versions of macOS, one after another. */
export function everyRelease(needs: Suite['needs']): Gate {
  return {
    name: 'every release of container',
    seconds: 2400,
    async run(tools) {
      let passed = 0
      let failed = 0
      const lines: string[] = []
      const outputs: string[] = []
      for (const release of releases) {
        for (const [macOs, files] of suites) {
          const verdict: Verdict = await suiteGate({
            name: release,
            seconds: 600,
            words: files.map((file) => `test/contract/${file}.test.ts`),
            env: { LAB_VERSION: release, LAB_MACOS: macOs },
            ...(needs ? { needs } : {}),
          }).run(tools)
          passed += verdict.passed
          failed += verdict.failed
          lines.push(`container ${release}, macOS ${macOs}: ${verdict.summary ?? 'no report'}`)
          if (verdict.failed > 0) outputs.push(verdict.output ?? '')
        }
      }
      return { passed, failed, summary: lines.join('\n'), output: outputs.join('\n') }
    },
  }
}
