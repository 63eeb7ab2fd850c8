import { createHash } from 'node:crypto'
import { KinaError } from '../../errors.ts'
import type { Host, WebAnswer } from '../../host/host.ts'
import { manifestLimit, mediaTypes } from '../descriptor.ts'
import type { Tell } from '../tell.ts'
import { authorize } from './authorize.ts'
import { findCredentials, type Credentials } from './credentials.ts'
import { endpointsOf, type Endpoint, type Target } from './endpoints.ts'
import { exchangeOver } from './exchange.ts'
import { readUpTo, refusal, sorted } from './refusal.ts'
import { retrying } from './retry.ts'

/** Where an image comes from, with the mirrors that stand before it. Speaks the OCI distribution API, reading only. */
export interface Registry {
  readonly target: Target
  /** A manifest or an index, compared with its digest where that is known. */
  document(
    tagOrDigest: string,
  ): Promise<{ readonly bytes: Uint8Array; readonly mediaType: string; readonly digest: string }>
  /**
   * Asks one place after the other, until one has it.
   * @param work is to throw `Passing` for what may be tried again there.
   */
  onEndpoints<T>(what: string, work: (endpoint: Endpoint) => Promise<T>): Promise<T>
  /** Status 200 with all of it, 206 with what follows `from`, 416 when nothing does. Not tried again by itself. */
  openBlob(endpoint: Endpoint, digest: string, from: number): Promise<WebAnswer>
}

export interface RegistryOptions {
  readonly tell: Tell
  readonly signal: AbortSignal
  /** Longest silence of a registry, milliseconds. */
  readonly stall: number
  /** `KINA_TIMEOUT_SCALE` */
  readonly scale: number
  readonly mirrors: ReadonlyMap<string, readonly string[]>
}

/** Mirrors are there to be quick; where one is not, the next is asked. */
const attemptsOfMirror = 2

export function connectRegistry(host: Host, target: Target, options: RegistryOptions): Registry {
  const { tell, signal, scale, stall } = options
  const does = `pull "${target.reference}"`
  const exchange = exchangeOver(host.web, { does, stall, signal })
  const authorizations = new Map<string, string>()
  const authorizing = new Map<string, Promise<boolean>>()
  const credentials = new Map<string, Promise<Credentials | undefined>>()
  const now = (): Date => host.clock.date()
  let endpoints = endpointsOf(target, options.mirrors)

  async function credentialsFor(server: string): Promise<Credentials | undefined> {
    const found = credentials.get(server) ?? findCredentials(host, server, { tell, signal })
    credentials.set(server, found)
    return await found
  }

  /** Asks for the way in once, however many wait for it. @returns whether there is one. */
  async function authorizeOnce(endpoint: Endpoint, header: string): Promise<boolean> {
    const running =
      authorizing.get(endpoint.base) ??
      (async () => {
        const its = await credentialsFor(endpoint.server)
        const value = await authorize(header, { does, path: target.path, credentials: its, exchange, now })
        if (value !== undefined) authorizations.set(endpoint.base, value)
        return value !== undefined
      })()
    authorizing.set(endpoint.base, running)
    try {
      return await running
    } finally {
      authorizing.delete(endpoint.base)
    }
  }

  async function get(endpoint: Endpoint, what: string, headers: Record<string, string>): Promise<WebAnswer> {
    const url = `${endpoint.base}/v2/${target.path}/${what}${endpoint.query}`
    const used = authorizations.get(endpoint.base)
    const ask = (authorization: string | undefined): Promise<WebAnswer> =>
      exchange(url, { headers, ...(authorization === undefined ? {} : { authorization }) })
    let answer = await ask(used)
    if (answer.status === 401) {
      // Another blob may have got a new token in the meantime.
      const isNew = authorizations.get(endpoint.base) !== used
      if (!isNew && !(await authorizeOnce(endpoint, answer.header('www-authenticate') ?? '')))
        throw await refusal(does, answer, now())
      await answer.discard()
      answer = await ask(authorizations.get(endpoint.base))
    }
    if ([200, 206, 416].includes(answer.status)) return answer
    throw await refusal(does, answer, now())
  }

  async function documentAt(endpoint: Endpoint, tagOrDigest: string) {
    const what = `manifests/${tagOrDigest}`
    const answer = await get(endpoint, what, { accept: Object.values(mediaTypes).join(', ') })
    let bytes
    try {
      bytes = await readUpTo(manifestLimit, answer)
    } catch (error) {
      throw sorted(does, answer.url, error)
    }
    if (bytes === undefined) throw wrong('its manifest is larger than 4 MiB')
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const wanted = tagOrDigest.startsWith('sha256:') ? tagOrDigest : answer.header('docker-content-digest')
    if (wanted?.startsWith('sha256:') && wanted !== digest) throw wrong(`${endpoint.base} sent ${digest} for ${wanted}`)
    return { bytes, digest, mediaType: (answer.header('content-type') ?? '').split(';')[0] ?? '' }
  }

  function wrong(seen: string): KinaError {
    return new KinaError(
      'image-unavailable',
      `Cannot ${does}: the registry sent something else than it was asked for`,
      {
        seen: [seen],
        hint: 'Something between here and the registry changes its answers, or the registry is damaged: nothing of it is kept',
      },
    )
  }

  async function onEndpoints<T>(what: string, work: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    for (const endpoint of endpoints) {
      try {
        const attempts = endpoint.isMirror ? { attempts: attemptsOfMirror } : {}
        return await retrying(() => work(endpoint), { what, tell, signal, scale, clock: host.clock, ...attempts })
      } catch (error) {
        signal.throwIfAborted()
        // A failure of the cache is not the mirror's.
        const isTheirs = !(error instanceof KinaError) || error.code === 'image-unavailable'
        if (!endpoint.isMirror || !isTheirs) throw error
        const seen = error instanceof KinaError ? error.seen.join(', ') : (error as Error).message
        tell({ kind: 'warning', message: `The mirror ${endpoint.base} is passed over (${what}): ${seen}` })
      }
    }
    // The last one is no mirror, so it has returned or thrown.
    throw new Error('no endpoints')
  }

  return {
    target,
    onEndpoints,
    openBlob: (endpoint, digest, from) => get(endpoint, `blobs/${digest}`, from > 0 ? { range: `bytes=${from}-` } : {}),
    async document(tagOrDigest) {
      return await onEndpoints(`fetch manifest ${tagOrDigest}`, async (endpoint) => {
        const found = await documentAt(endpoint, tagOrDigest)
        // Who has the manifest is asked first for what is in it.
        endpoints = endpoints.slice(endpoints.indexOf(endpoint))
        return found
      })
    },
  }
}
