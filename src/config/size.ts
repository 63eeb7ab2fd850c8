const binary: Readonly<Record<string, number>> = { '': 0, 'b': 0, 'k': 1, 'm': 2, 'g': 3, 't': 4 }

/** A size such as `4g`, `4GiB` or `512m`, in bytes; binary units, as `container` has them. Undefined when the text is none. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text) ?? []
  const power = binary[unit.toLowerCase()]
  if (digits === undefined || power === undefined) return undefined
  return Math.floor(Number(digits) * 1024 ** power)
}
