import { waitDnsReady, waitNodesReady } from '../../guest/programs.ts'
import { skipped, type Step } from '../../plan/plan.ts'
import type { CreateRun } from '../create-run.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

const titles = {
  'all-nodes-and-dns': 'Wait for nodes and CoreDNS',
  'all-nodes': 'Wait for nodes',
  // kind's words.
  'control-planes': 'Wait for control-plane = Ready',
} as const satisfies Record<ClusterSpec['wait']['until'], string>

/** Ready as `--wait` asks. Time that runs out is remembered, never an undo: cluster and kubeconfig stay. */
export function waitReady(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  const { ms, until, reason } = spec.wait
  return {
    id: 'wait-ready',
    title: titles[until],
    phase: 'ready',
    needs,
    async run(run, signal) {
      if (ms === 0) return skipped(reason ?? 'not asked for')
      const started = run.kina.host.clock.now()
      const names = spec.nodes
        .filter(({ name, role }) => !run.missing.has(name) && (until !== 'control-planes' || role === 'control-plane'))
        .map(({ name }) => name)
      const ready = await run.sessions.runOrTimeOut(node.name, waitNodesReady, { args: names, within: ms, signal })
      const left = ms - (run.kina.host.clock.now() - started)
      const dns =
        ready.exitCode !== 0 || until !== 'all-nodes-and-dns'
          ? ready
          : await run.sessions.runOrTimeOut(node.name, waitDnsReady, { within: Math.max(left, 1), signal })
      if (dns.exitCode !== 0) {
        run.notReady = dns.stderr.trim().split('\n').at(-1) || 'no answer'
        return skipped(`time ran out: ${run.notReady}`)
      }
    },
  }
}
