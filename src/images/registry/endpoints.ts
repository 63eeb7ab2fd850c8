import { KinaError } from '../../errors.ts'

/** A full reference in its parts. */
export interface Target {
  readonly reference: string
  /** `docker.io`, `ghcr.io`, `localhost:5000` */
  readonly domain: string
  /** `library/busybox` */
  readonly path: string
  /** What to ask for: the digest where there is one, else the tag. */
  readonly tagOrDigest: string
  readonly digest: string | undefined
}

/** One place to ask. */
export interface Endpoint {
  /** `https://registry-1.docker.io`, without a slash at the end. */
  readonly base: string
  /** What credentials are filed under. */
  readonly server: string
  /** A mirror is told whose content is meant. */
  readonly query: string
  readonly isMirror: boolean
}

/** Docker Hub's names are historical: of the registry, and of what `docker login` files its credentials under. */
const hub = {
  domain: 'docker.io',
  base: 'https://registry-1.docker.io',
  server: 'https://index.docker.io/v1/',
} as const

/** @param reference in full form, with domain and tag or digest. */
export function targetOf(reference: string): Target {
  const [name = '', digest] = reference.split('@')
  const slash = name.indexOf('/')
  const [domain, rest] = [name.slice(0, slash), name.slice(slash + 1)]
  const [path = '', tag = 'latest'] = rest.split(':')
  return { reference, domain, path, tagOrDigest: digest ?? tag, digest }
}

/** Where to ask for an image, mirrors first. @param mirrors by domain. */
export function endpointsOf(
  { domain }: Pick<Target, 'domain'>,
  mirrors: ReadonlyMap<string, readonly string[]>,
): readonly Endpoint[] {
  const own =
    domain === hub.domain
      ? { base: hub.base, server: hub.server }
      : { base: `${isLoopback(domain) ? 'http' : 'https'}://${domain}`, server: domain }
  return [
    ...(mirrors.get(domain) ?? []).map((base) => ({
      base,
      server: new URL(base).host,
      query: `?ns=${encodeURIComponent(domain)}`,
      isMirror: true,
    })),
    { ...own, query: '', isMirror: false },
  ]
}

/** Registries on this machine are asked without TLS, as docker and containerd do; all others only with it. */
function isLoopback(domain: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(domain)
}

/**
 * `KINA_REGISTRY_MIRRORS`: `docker.io=https://mirror.example,ghcr.io=http://localhost:5001`; several of one domain are asked in
 * their order.
 * @throws KinaError `usage` for what is no such list.
 */
export function parseMirrors(text: string): ReadonlyMap<string, readonly string[]> {
  const mirrors = new Map<string, readonly string[]>()
  for (const entry of text.split(',').map((word) => word.trim())) {
    if (entry === '') continue
    const [, domain, url] = /^([\w.:-]+)=(https?:\/\/[^\s@?#]+)$/.exec(entry) ?? []
    if (domain === undefined || url === undefined || !URL.canParse(url)) {
      throw new KinaError('usage', `Cannot use "${entry}" in KINA_REGISTRY_MIRRORS`, {
        hint: "Write it as docker.io=https://mirror.example; credentials come from docker's configuration",
      })
    }
    mirrors.set(domain, [...(mirrors.get(domain) ?? []), url.replace(/\/+$/, '')])
  }
  return mirrors
}
