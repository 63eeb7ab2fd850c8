/**
 * The full form of an image reference, as `container` lists it: `docker.io` for a missing domain, `library/` for a single word,
 * `latest` for a missing tag (unless there is a digest).
 * @returns undefined when the text is no reference.
 */
export function normalizeImageReference(text: string): string | undefined {
  const match = /^([^@\s]+?)(?::([\w][\w.-]{0,127}))?(@sha256:[0-9a-f]{64})?$/.exec(text)
  if (!match) return undefined
  const [, name = '', tag, digest = ''] = match
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const hasDomain = first === 'localhost' || /[.:]/.test(first)
  const domain = hasDomain ? first : 'docker.io'
  const path = hasDomain ? name.slice(slash + 1) : name
  if (!/^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/.test(path))
    return undefined
  if (
    !/^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d+)?$/.test(
      domain,
    )
  ) {
    return undefined
  }
  const full = domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path
  return `${domain}/${full}${tag === undefined ? (digest === '' ? ':latest' : '') : `:${tag}`}${digest}`
}

/** The Kubernetes version that a node image's tag claims (`v1.35.8`), undefined for tags that are none. */
export function versionInTag(reference: string): { readonly major: number; readonly minor: number } | undefined {
  const [, major, minor] = /:v?(\d+)\.(\d+)\.\d+[^/@]*(?:@|$)/.exec(reference) ?? []
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) }
}
