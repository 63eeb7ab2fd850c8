import * as v from 'valibot'
import type { Host } from '../host/host.ts'
import type { Event } from '../plan/events.ts'
import { stateFolder } from './state-folder.ts'

/** So many runs are kept; one is a few kilobytes. */
const keptRuns = 20

const stepTime = v.object({
  /** Stable id, such as `boot-node dev-worker`. */
  step: v.string(),
  title: v.string(),
  phase: v.string(),
  /** Milliseconds from the start of the run. */
  from: v.number(),
  ms: v.number(),
  outcome: v.picklist(['done', 'skipped', 'failed', 'interrupted']),
  reason: v.optional(v.string()),
})

const timings = v.object({
  run: v.string(),
  command: v.string(),
  version: v.string(),
  /** When the run began, ISO 8601. */
  at: v.string(),
  /** Milliseconds of the whole run. */
  ms: v.number(),
  exitCode: v.number(),
  /** Programs that were run, most of them calls of `container`. */
  commands: v.number(),
  /** In the order in which they began. */
  steps: v.array(stepTime),
})

/** Where the time of one run went. */
export type Timings = v.InferOutput<typeof timings>
export type StepTime = Timings['steps'][number]

function folderOf(host: Host): string {
  return `${stateFolder(host)}/timings`
}

/** What the events of a run say about its time; undefined for a run without steps. */
export function timingsOf(events: readonly Event[], end: { ms: number; exitCode: number }): Timings | undefined {
  const started = events.find((event) => event.kind === 'run-started')
  if (!started) return undefined
  const since = (at: string): number => Math.max(0, Date.parse(at) - Date.parse(started.at))
  const begun = new Map<string, number>()
  const steps: StepTime[] = []
  for (const event of events) {
    if (event.kind === 'step-started') begun.set(event.step, since(event.at))
    if (event.kind !== 'step-ended') continue
    const { step, title, phase, outcome, reason } = event
    const from = begun.get(step) ?? since(event.at)
    steps.push({ step, title, phase, from, ms: Math.round(event.ms), outcome, ...(reason && { reason }) })
  }
  if (steps.length === 0) return undefined
  return {
    run: started.run,
    command: started.command,
    version: started.version,
    at: started.at,
    ms: Math.round(end.ms),
    exitCode: end.exitCode,
    commands: events.filter(({ kind }) => kind === 'command').length,
    steps: steps.toSorted((a, b) => a.from - b.from),
  }
}

/** Keeps the timings of a run in a file of its own, and removes those of the oldest. */
export async function keepTimings(host: Host, its: Timings): Promise<void> {
  const { files } = host
  const folder = folderOf(host)
  await files.makeFolder(folder)
  // Names in the order of time: the date, then the run.
  await files.writeAtomically(`${folder}/${its.at.replace(/[:.]/g, '-')}-${its.run}.json`, `${JSON.stringify(its)}\n`)
  const kept = await keptNames(host)
  for (const name of kept.slice(keptRuns)) await files.remove(`${folder}/${name}`)
}

/** The newest first. A file that cannot be read as timings is passed over: another release may have written it. */
export async function readTimings(host: Host, runs: number): Promise<readonly Timings[]> {
  const found: Timings[] = []
  for (const name of await keptNames(host)) {
    if (found.length === runs) break
    const its = parseTimings(await host.files.read(`${folderOf(host)}/${name}`))
    if (its) found.push(its)
  }
  return found
}

async function keptNames(host: Host): Promise<readonly string[]> {
  const names = await host.files.list(folderOf(host))
  return names.filter((name) => /^\d{4}-.*\.json$/.test(name)).toSorted((a, b) => (a < b ? 1 : -1))
}

function parseTimings(text: string | undefined): Timings | undefined {
  try {
    const result = v.safeParse(timings, JSON.parse(text ?? ''))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}
