/** What a registry asks for in `WWW-Authenticate`. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string
  readonly params: Readonly<Record<string, string>>
}

const token = "[\\w!#$%&'*+.^`|~-]+"
const param = new RegExp(`^(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))\\s*`)
const scheme = new RegExp(`^(${token})(?=[\\s,]|$)\\s*`)

/** All challenges of a header in their order (RFC 9110, 11.6.1); what cannot be read ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { readonly scheme: string; readonly params: Record<string, string> }[] = []
  let rest = header.trim()
  while (rest !== '') {
    const [itsParam, name = '', quoted, bare] = param.exec(rest) ?? []
    const last = challenges.at(-1)
    if (itsParam !== undefined && last) {
      last.params[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''
      rest = rest.slice(itsParam.length)
    } else {
      const [itsScheme, word = ''] = scheme.exec(rest) ?? []
      if (itsScheme === undefined) break
      challenges.push({ scheme: word.toLowerCase(), params: {} })
      rest = rest.slice(itsScheme.length)
    }
    rest = rest.replace(/^[,\s]+/, '')
  }
  return challenges
}
