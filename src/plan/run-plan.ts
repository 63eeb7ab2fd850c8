import type { PhaseTime, Report } from './events.ts'
import type { Plan, Step } from './plan.ts'

export interface RunPlanOptions {
  readonly report: Report
  readonly signal: AbortSignal
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/**
 * Starts each step when all its needs have ended, side by side where the needs allow it, and reports start and end of each.
 * After the first failure nothing new is started and running steps are aborted; when all have settled that first error is thrown.
 * @returns the time of each phase, from the start of its first step to the end of its last, in the order of first starts.
 */
export async function runPlan<Context>(
  plan: Plan<Context>,
  context: Context,
  options: RunPlanOptions,
): Promise<readonly PhaseTime[]> {
  checkNeeds(plan)
  const { report, now } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const phases = new Map<string, { from: number; to: number }>()
  const runs = new Map<string, Promise<boolean>>()
  let failure: { readonly error: unknown } | undefined

  const runStep = async (step: Step<Context>): Promise<boolean> => {
    const needs = await Promise.all(step.needs.map((id) => runs.get(id)))
    if (needs.includes(false) || signal.aborted) return false
    const started = now()
    const phase = phases.get(step.phase) ?? { from: started, to: started }
    phases.set(step.phase, phase)
    const about = { step: step.id, title: step.title, phase: step.phase }
    report({ kind: 'step-started', ...about })
    try {
      const result = await step.run(context, signal)
      phase.to = now()
      report({
        kind: 'step-ended',
        ...about,
        ms: phase.to - started,
        ...(result === undefined ? { outcome: 'done' } : { outcome: 'skipped', reason: result.skipped }),
      })
      return true
    } catch (error) {
      phase.to = now()
      const isConsequence = signal.aborted
      report({
        kind: 'step-ended',
        ...about,
        ms: phase.to - started,
        outcome: isConsequence ? 'interrupted' : 'failed',
        reason: error instanceof Error ? error.message : String(error),
      })
      failure ??= { error: isConsequence && options.signal.aborted ? options.signal.reason : error }
      stop.abort(error)
      return false
    }
  }

  // Plans are listed so that needs come first (checkNeeds), hence every need is in the map already.
  for (const step of plan) runs.set(step.id, runStep(step))
  await Promise.all(runs.values())
  if (failure) throw failure.error
  options.signal.throwIfAborted()
  return [...phases].map(([phase, { from, to }]) => ({ phase, ms: to - from }))
}

function checkNeeds<Context>(plan: Plan<Context>): void {
  const seen = new Set<string>()
  for (const { id, needs } of plan) {
    if (seen.has(id)) throw new Error(`Plan lists the step "${id}" twice`)
    const missing = needs.find((need) => !seen.has(need))
    if (missing !== undefined) throw new Error(`Step "${id}" needs "${missing}", which is not listed before it`)
    seen.add(id)
  }
}
