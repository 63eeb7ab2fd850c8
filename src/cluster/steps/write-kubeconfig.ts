import { KinaError } from '../../errors.ts'
import { readFile } from '../../guest/programs.ts'
import { readAdminConf, rewriteAdminConf } from '../../kubernetes/kubeconfig.ts'
import type { Step } from '../../plan/plan.ts'
import { waitUntil } from '../../plan/wait-until.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import { enterKubeconfig, serverUrl } from '../enter-kubeconfig.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

/** No polling slower than this, and none faster: one TLS connection a question. */
const pollMs = 100

/** The API server answers through its published port, and only then does the user's kubeconfig say so. */
export function writeKubeconfig(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: 'write-kubeconfig',
    title: `Set kubectl context to "${spec.contextName}"`,
    phase: 'finish',
    needs,
    async run(run, signal) {
      const { kina, sessions } = run
      const adminConf = await runInNode(sessions, node.name, readFile, {
        args: ['/etc/kubernetes/admin.conf'],
        within: kina.deadlines.guestCommand,
        signal,
      })
      const server = serverUrl(spec.networking.apiServerAddress, run.apiServerPort)
      await apiAnswers(run, adminConf, server, signal)
      await enterKubeconfig(kina, run.kubeconfigPath, rewriteAdminConf(adminConf, spec.contextName, server))
      run.wroteKubeconfig = true
    },
  }
}

async function apiAnswers(run: CreateRun, adminConf: string, server: string, signal: AbortSignal): Promise<void> {
  const { host, deadlines, report } = run.kina
  const { ca, cert, key } = readAdminConf(adminConf)
  const reason = await waitUntil(
    async () => {
      try {
        const { status, body } = await host.getHttps(`${server}/readyz`, { ca, cert, key, within: 2000, signal })
        return status === 200 ? undefined : `${server}/readyz says ${status}: ${body.slice(0, 200)}`
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    },
    {
      every: pollMs,
      within: deadlines.apiThroughPort,
      signal,
      now: host.clock.now,
      sleep: host.clock.sleep,
      onReason: (text) => report({ kind: 'waiting', step: 'write-kubeconfig', reason: text }),
    },
  )
  if (reason !== undefined) {
    throw new KinaError('timed-out', `Cannot reach the API server at ${server}: it answers inside its node`, {
      seen: [reason],
      hint: 'Allow your terminal under System Settings, Privacy & Security, Local Network, and switch off VPN filters',
    })
  }
}
