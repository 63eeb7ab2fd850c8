import { KinaError } from '../../errors.ts'
import type { Web, WebAnswer, WebRequest } from '../../host/host.ts'
import { placeOf } from '../../host/web.ts'
import { sorted } from './refusal.ts'

interface Request extends Omit<WebRequest, 'stall' | 'signal'> {
  /** Value of the header of this name; sent to the place that was asked, never to where it redirects. */
  readonly authorization?: string
  /** The body is one. */
  readonly isSecret?: boolean
}

/** One request with its redirects followed. @throws Passing when the connection fails, KinaError for what cannot get better. */
export type Exchange = (url: string, request: Request) => Promise<WebAnswer>

const redirects = [301, 302, 303, 307, 308]
const mostRedirects = 5

export function exchangeOver(
  web: Web,
  { does, stall, signal }: { readonly does: string; readonly stall: number; readonly signal: AbortSignal },
): Exchange {
  return async (first, { authorization, isSecret = false, ...request }) => {
    const hasSecret = isSecret || authorization !== undefined
    let url = first
    for (let left = mostRedirects; ; left--) {
      const isSame = new URL(url).origin === new URL(first).origin
      if (hasSecret && isSame && !isPrivate(url)) throw refused(does, [`${placeOf(url)} is not encrypted`])
      const headers = { ...request.headers, ...(isSame && authorization !== undefined ? { authorization } : {}) }
      const answer = await ask(web, url, { ...request, headers, stall, signal }, does)
      const location = redirects.includes(answer.status) ? answer.header('location') : undefined
      if (location === undefined) return answer
      await answer.discard()
      const next = URL.canParse(location, url) ? new URL(location, url).href : ''
      const isLeak = isSecret && new URL(next || url).origin !== new URL(first).origin
      if (left === 0 || isLeak || !isSafeStep(url, next))
        throw refused(does, [`${placeOf(url)} leads to ${placeOf(next) || 'no address'}`])
      url = next
    }
  }
}

async function ask(web: Web, url: string, request: WebRequest, does: string): Promise<WebAnswer> {
  try {
    return await web.ask(url, request)
  } catch (error) {
    throw sorted(does, url, error)
  }
}

/** Encrypted, or within this machine. */
function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** Never out of HTTPS, and only to what is a web address. */
function isSafeStep(from: string, to: string): boolean {
  if (!/^https?:\/\//.test(to)) return false
  return from.startsWith('http:') || to.startsWith('https:')
}

function refused(does: string, seen: readonly string[]): KinaError {
  return new KinaError('image-unavailable', `Cannot ${does}: the registry leads to where kina does not go`, {
    seen,
    hint: 'Check the reference and the mirrors in KINA_REGISTRY_MIRRORS',
  })
}
