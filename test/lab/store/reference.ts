/** References as apple/containerization reads and writes them (Sources/ContainerizationOCI/Reference.swift). */
import { Failure } from '../failure.ts'

interface Reference {
  readonly domain: string | undefined
  readonly path: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

const shape = /^((?:[a-z0-9]+(?:[._]|__|-|\/)?)*[a-z0-9]+)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-fA-F]{64}))?$/

/** @throws Failure for what is no reference. */
export function parseReference(text: string): Reference {
  if (/^[a-f0-9]{64}$/.test(text)) throw new Failure('cannot specify 64 byte hex string as reference')
  const slash = text.indexOf('/')
  const first = slash < 0 ? '' : text.slice(0, slash)
  const hasDomain = first.startsWith('localhost') || /[.:]/.test(first)
  const [, path, tag, digest] = shape.exec(hasDomain ? text.slice(slash + 1) : text) ?? []
  if (path === undefined) throw new Failure(`invalid format for image reference ${text}`)
  // A digest puts the tag out of the reference: nothing of it is kept.
  return { domain: hasDomain ? first : undefined, path, tag: digest === undefined ? tag : undefined, digest }
}

function write({ domain, path, tag, digest }: Reference): string {
  const name = domain === undefined ? path : `${domain}/${path}`
  return tag !== undefined ? `${name}:${tag}` : digest !== undefined ? `${name}@${digest}` : name
}

function withDefaults(reference: Reference): Reference {
  const isDocker = ['docker.io', 'registry-1.docker.io'].includes(reference.domain ?? '')
  return {
    ...reference,
    path: isDocker && !reference.path.includes('/') ? `library/${reference.path}` : reference.path,
    tag: reference.tag ?? (reference.digest === undefined ? 'latest' : undefined),
  }
}

/** The name under which the store keeps it: `docker.io`, `library/` and `latest` are added, the tag of a pinned one is dropped. */
export function fullReference(text: string): string {
  const { domain } = parseReference(text)
  return write(withDefaults(parseReference(domain === undefined ? `docker.io/${text}` : text)))
}

/** The same without a domain put before it: how names in annotations are compared. */
export function referenceWithTag(text: string): string {
  return write(withDefaults(parseReference(text)))
}

/** How lists show it: without the domain and `library/` of Docker Hub. */
export function shortReference(text: string): string {
  const reference = parseReference(text)
  return reference.domain === 'docker.io'
    ? write({ ...reference, domain: undefined }).replace(/^library\//, '')
    : write(reference)
}
