import { KinaError } from '../../errors.ts'
import { checkDisk } from '../../guest/programs.ts'
import type { Step } from '../../plan/plan.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import type { NodeSpec } from '../spec.ts'
import { tellPlain } from './clone-disks.ts'
import { createContainer } from './create-node.ts'

/** A port that kina chose may be taken before the node binds it: so often another is tried. */
const portAttempts = 3

/** The VM runs and its session is open. The service boots one at a time, so these steps need each other in turn. */
export function bootNode(node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: `boot-node ${node.name}`,
    title: `Boot ${node.name}`,
    phase: 'nodes',
    needs,
    async run(run, signal) {
      const disk = run.disks.get(node.name)
      if (disk === undefined) return await boot(run, node, signal)
      try {
        await boot(run, node, signal)
        const within = run.kina.deadlines.guestCommand
        await runInNode(run.sessions, node.name, checkDisk, { args: [disk.id], within, signal })
      } catch (error) {
        // A port that is taken has nothing to do with the disk, and would be taken again.
        if (signal.aborted || isPortTaken(error) || !(error instanceof KinaError)) throw error
        tellPlain(run, node, [error.message, ...error.seen].join('; '))
        run.disks.delete(node.name)
        await run.sessions.close(node.name)
        // Its volume goes with the cluster.
        await run.apple.remove([node.name], { signal })
        await createContainer(run, node, signal)
        await boot(run, node, signal)
      }
    },
  }
}

async function boot(run: CreateRun, node: NodeSpec, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await run.apple.start(node.name, { signal, within: run.kina.deadlines.start })
      break
    } catch (error) {
      if (!isPortTaken(error) || !choosesAPort(run, node) || attempt === portAttempts) throw error
      run.kina.report({
        kind: 'retry',
        what: `start ${node.name}`,
        attempt,
        afterMs: 0,
        reason: 'a port that was free a moment ago cannot be bound',
      })
      await run.apple.remove([node.name], { signal })
      await createContainer(run, node, signal)
    }
  }
  await run.sessions.open(node.name, signal)
}

function isPortTaken(error: unknown): boolean {
  return error instanceof KinaError && error.code === 'port-taken'
}

function choosesAPort({ spec }: CreateRun, node: NodeSpec): boolean {
  const ports = node.ports.map(({ hostPort }) => hostPort)
  return (node.role === 'control-plane' && spec.networking.apiServerPort === 0) || ports.includes(0)
}
