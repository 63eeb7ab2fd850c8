import { isIP } from 'node:net'

export interface Cidr {
  readonly family: 4 | 6
  readonly prefix: number
}

/** Whether two IPv4 ranges have an address in common; others have none as far as this can tell. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [range4(one), range4(other)]
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last
}

function range4(text: string): { readonly first: number; readonly last: number } | undefined {
  const cidr = parseCidr(text)
  if (cidr?.family !== 4) return undefined
  const address = (text.split('/')[0] ?? '').split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - cidr.prefix)
  const first = Math.floor(address / size) * size
  return { first, last: first + size - 1 }
}

/** Undefined when the text is no CIDR. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const family = isIP(address)
  const prefix = Number(length)
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return undefined
  return { family: family === 4 ? 4 : 6, prefix }
}
