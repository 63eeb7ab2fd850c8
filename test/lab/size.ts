const units: Readonly<Record<string, number>> = { '': 0, 'b': 0, 'k': 1, 'm': 2, 'g': 3, 't': 4, 'p': 5 }

/** `10g`, `512MiB`, `4096`: all binary, in any case; undefined for what is no size. */
export function bytesOf(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([bkmgtp]?)(?:i?b)?$/i.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * 1024 ** (units[unit.toLowerCase()] ?? 0)
}
