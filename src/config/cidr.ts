import { isIP } from 'node:net'

export interface Cidr {
  readonly family: 4 | 6
  readonly prefix: number
}

/** Undefined when the text is no CIDR. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const family = isIP(address)
  const prefix = Number(length)
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return undefined
  return { family: family === 4 ? 4 : 6, prefix }
}
