import type { Call } from '../call.ts'
import { chooseBackend, guestOf } from '../choose-backend.ts'
import { Failure } from '../failure.ts'
import { parse } from '../grammar.ts'
import { compact } from '../json.ts'
import { container, containers } from '../state.ts'

/** Takes two samples, two seconds apart; containers that do not run are left out. */
export async function stats({ files, out }: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse(
    {
      name: 'stats',
      words: ['containers...'],
      flags: [{ long: 'format', value: true }, { long: 'no-stream' }],
    },
    argv,
  )
  const format = parsed.value('format') ?? 'table'
  if (format !== 'json') throw new Failure(`lab: not emulated: stats --format ${format}`, 70)
  const missing = parsed.words.find((id) => !container(files, id))
  if (missing !== undefined) throw new Failure(`no such container: ${missing}`)
  const backend = await chooseBackend()
  const shown = containers(files).filter(
    (state) =>
      (parsed.words.length === 0 || parsed.words.includes(state.id)) && backend.isRunning(guestOf(files, state)),
  )
  if (shown.length > 0) await new Promise((done) => setTimeout(done, 2000))
  out(
    compact(
      shown.map((state) => ({
        id: state.id,
        memoryLimitBytes: state.memoryInBytes,
        ...backend.usage(guestOf(files, state)),
      })),
    ),
  )
  return 0
}
