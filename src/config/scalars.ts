/** Scalars as yaml.v3, the loader of kind, reads them into fields of a known type. Pure. */

/** What a plain scalar says as an integer: decimal, `0x`, `0o`, `0b`, a leading zero for octal, underscores between digits. */
export function readInteger(source: string): number | undefined {
  const plain = source.replaceAll('_', '')
  const [, sign, digits = ''] = /^([+-]?)(.+)$/.exec(plain) ?? []
  const value = unsigned(digits)
  if (value === undefined) return undefined
  return sign === '-' ? -value : value
}

function unsigned(digits: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(digits)) return Number.parseInt(digits.slice(2), 16)
  if (/^0[bB][01]+$/.test(digits)) return Number.parseInt(digits.slice(2), 2)
  if (/^0[oO][0-7]+$/.test(digits)) return Number.parseInt(digits.slice(2), 8)
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8)
  if (/^(0|[1-9]\d*)$/.test(digits)) return Number(digits)
  // A number with a fraction of zero fits an integer field as well.
  if (/^(\d+\.0*|\d+(\.\d*)?e\+?\d+)$/i.test(digits) && Number.isInteger(Number(digits))) return Number(digits)
  return undefined
}

const yes = new Set(['true', 'True', 'TRUE', 'y', 'Y', 'yes', 'on'])
const no = new Set(['false', 'False', 'FALSE', 'n', 'N', 'no', 'off'])

/** YAML 1.2's booleans, and those of YAML 1.1 that yaml.v3 still takes for a field that must be one. */
export function readBoolean(source: string): boolean | undefined {
  return yes.has(source) ? true : no.has(source) ? false : undefined
}

/** Whether a plain scalar is YAML's null: such a field counts as not given. */
export function isNull(source: string): boolean {
  return ['', '~', 'null', 'Null', 'NULL'].includes(source)
}
