const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Bytes for people, in powers of 1000 as disks and registries count: `412.3 MB`. */
export function bytesText(bytes: number): string {
  let power = 0
  let value = bytes
  while (value >= 999.95 && power < units.length - 1) {
    value /= 1000
    power++
  }
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`
}
