import { planCreate } from '../../cluster/create.ts'
import type { ClusterSpec } from '../../cluster/spec.ts'
import { redact } from '../../host/redact.ts'

/** The resolved spec and the steps of its create. Patches are the user's own text and may hold anything, so it is redacted. */
export async function renderPlan(spec: ClusterSpec, format: 'json' | 'yaml', usesDisks: boolean): Promise<string> {
  const plan = planCreate(spec, usesDisks).map(({ id, title, phase, needs }) => ({ id, title, phase, needs }))
  const data = { spec, plan }
  if (format === 'json') return redact(`${JSON.stringify(data, null, 2)}\n`)
  const { stringify } = await import('yaml')
  return redact(stringify(data, { lineWidth: 0, aliasDuplicateObjects: false }))
}
