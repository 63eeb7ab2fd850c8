import type { Kina } from '../cluster/kina.ts'
import { KinaError } from '../errors.ts'
import { redact } from '../host/redact.ts'
import type { Check, Finding } from './check.ts'
import { checks } from './checks.ts'
import { sceneOf, type Scene } from './scene.ts'

/** How one check came out. */
interface Result {
  readonly name: string
  readonly claim: string
  /** `unknown`: it could not be seen, `reason` says why. */
  readonly outcome: 'ok' | 'warning' | 'problem' | 'unknown'
  readonly findings: readonly Finding[]
  readonly reason?: string
}

export interface Diagnosis {
  readonly results: readonly Result[]
  /** What `--fix` did, one sentence each. */
  readonly mended: readonly string[]
}

/**
 * Makes all checks, side by side.
 * @param fix mends what can be mended without taking anything from anybody, one after another, and then looks again.
 */
export async function diagnose(kina: Kina, clusterName: string, fix: boolean): Promise<Diagnosis> {
  const mended: string[] = []
  if (fix) {
    // One by one, and each round anew: the checks of clusters see nothing before the service runs.
    for (const tried = new Set<string>(); ;) {
      const found = (await lookAll(sceneOf(kina, clusterName), checks)).flatMap(({ findings }) => findings)
      const mend = found.map((finding) => finding.mend).find((its) => its !== undefined && !tried.has(its.does))
      if (!mend) break
      tried.add(mend.does)
      mended.push(await attempt(mend))
    }
  }
  return { results: await lookAll(sceneOf(kina, clusterName), checks), mended }
}

async function attempt({ does, run }: NonNullable<Finding['mend']>): Promise<string> {
  try {
    await run()
    return does
  } catch (error) {
    if (!(error instanceof KinaError)) throw error
    return `Tried to ${does.charAt(0).toLowerCase()}${does.slice(1)}: ${error.message}`
  }
}

async function lookAll(scene: Scene, all: readonly Check[]): Promise<readonly Result[]> {
  const results = await Promise.all(all.map((check) => lookOnce(scene, check)))
  scene.kina.signal.throwIfAborted()
  return results
}

/** A check that cannot see says so; whatever keeps it from seeing has a check of its own. */
async function lookOnce(scene: Scene, { name, claim, look }: Check): Promise<Result> {
  try {
    // What others answered may hold what nobody should read.
    const findings = (await look(scene)).map((finding) => ({ ...finding, evidence: redact(finding.evidence) }))
    const outcome = findings.some(({ blocks }) => blocks) ? 'problem' : findings.length > 0 ? 'warning' : 'ok'
    return { name, claim, outcome, findings }
  } catch (error) {
    if (!(error instanceof KinaError)) throw error
    return { name, claim, outcome: 'unknown', findings: [], reason: redact(error.message) }
  }
}
