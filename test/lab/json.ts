/** JSON as the program writes it: keys sorted, absent optionals left out, `/` escaped up to a release. */
import { emulatedRelease } from './versions.ts'

export function compact(value: unknown): string {
  return `${escape(JSON.stringify(sorted(value)))}\n`
}

/** For `inspect` and `system df`: two blanks of indent and a blank before the colon. */
export function pretty(value: unknown): string {
  return `${escape(JSON.stringify(sorted(value), null, 2)).replaceAll(/^(\s*"(?:[^"\\]|\\.)*"): /gm, '$1 : ')}\n`
}

function escape(text: string): string {
  return emulatedRelease().escapesSlashes ? text.replaceAll('/', '\\/') : text
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, its]) => its !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, its]) => [key, sorted(its)]),
  )
}
