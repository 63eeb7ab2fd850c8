import type { AppleContainer } from '../apple-container/apple-container.ts'
import { printLogs } from '../guest/programs.ts'
import type { Event } from '../plan/events.ts'
import { redact } from '../host/redact.ts'
import type { NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'
import { newLogFolder } from './state-folder.ts'

/**
 * Saves what explains a failure before undo removes it: node logs, boot logs, the events with every command.
 * Tolerates whatever cannot be had, within its own deadline.
 * @returns the folder.
 * @throws when something could not be written, after the rest has been.
 */
export async function saveEvidence(
  kina: Kina,
  apple: AppleContainer,
  cluster: string,
  nodes: readonly NodeRecord[],
  events: readonly Event[],
): Promise<string> {
  const { host, deadlines } = kina
  const folder = newLogFolder(host, cluster)
  const signal = AbortSignal.timeout(deadlines.evidence)
  await host.files.makeFolder(folder)
  const save = (name: string, text: string): Promise<void> =>
    host.files.writeAtomically(`${folder}/${name}`, redact(text))
  const attempt = async (name: string, ask: () => Promise<string>): Promise<void> => {
    try {
      await save(name, await ask())
    } catch (error) {
      await save(name, `Not to be had: ${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
  await save('events.jsonl', events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  await save(
    'commands.log',
    events
      .filter((event) => event.kind === 'command')
      .map(({ at, argv, ms, exitCode }) => `${at} exit ${exitCode} after ${Math.round(ms)} ms: ${argv.join(' ')}\n`)
      .join(''),
  )
  const saved = await Promise.allSettled(
    nodes.flatMap(({ id, state }) => [
      attempt(`${id}.boot.log`, () => apple.logs(id, 'boot', { signal })),
      attempt(`${id}.console.log`, () => apple.logs(id, 'console', { signal })),
      ...(state === 'running'
        ? [
            attempt(`${id}.node.log`, async () => {
              const argv = ['bash', '-c', printLogs.text, printLogs.name]
              return (await apple.exec(id, argv, { signal, within: deadlines.evidence })).stdout
            }),
          ]
        : []),
    ]),
  )
  const failed = saved.find(({ status }) => status === 'rejected')
  if (failed) throw (failed as PromiseRejectedResult).reason
  return folder
}
