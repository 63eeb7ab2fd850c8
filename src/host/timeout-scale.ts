import { KinaError } from '../errors.ts'

/**
 * `KINA_TIMEOUT_SCALE`, which multiplies every deadline: slow CI 3, tests 0.02.
 * @throws KinaError `usage` unless it is a number above 0.
 */
export function timeoutScale(env: Readonly<Record<string, string | undefined>>): number {
  const text = env['KINA_TIMEOUT_SCALE']
  if (text === undefined || text === '') return 1
  const scale = Number(text)
  if (Number.isFinite(scale) && scale > 0) return scale
  throw new KinaError('usage', `Cannot use KINA_TIMEOUT_SCALE "${text}": it is not a number above 0`, {
    hint: 'Use 3 on a slow machine, or unset it',
  })
}
