import { KinaError } from '../../errors.ts'
import { placeOf, WebFailure } from '../../host/web.ts'
import type { WebAnswer } from '../../host/host.ts'
import { joined } from '../store/blobs.ts'
import { Passing, retryAfterMs } from './retry.ts'

const hints: Readonly<Record<number, string>> = {
  401: 'Check the reference; where the image is not public, "docker login" stores credentials that kina uses',
  403: 'The credentials that were used may not read this image: see "docker login"',
  404: 'Check the reference: there is no such image or tag',
}

/** No text that explains an error is longer. */
const bodyLimit = 16 * 1024

/**
 * What an answer other than success means: too many requests, a server that fails for a moment (`Passing`), or a verdict.
 * @param does what was tried, as in `pull "docker.io/library/x:latest"`.
 */
export async function refusal(does: string, answer: WebAnswer, now: Date): Promise<Passing | KinaError> {
  const { status, url } = answer
  const seen = `${placeOf(url)} answered ${status}${await reasonIn(answer)}`
  if (status === 408 || status === 429 || status >= 500)
    return new Passing(seen, { retryAfterMs: retryAfterMs(answer.header('retry-after'), now) })
  return new KinaError('image-unavailable', `Cannot ${does}`, {
    seen: [seen],
    hint: hints[status] ?? 'The registry does not answer as OCI registries do: check the reference',
  })
}

/** A failure of the connection, sorted in the same way; everything else as it is. */
export function sorted(does: string, url: string, error: unknown, madeProgress = false): unknown {
  if (!(error instanceof WebFailure)) return error
  const seen = `${placeOf(url)}: ${error.message}`
  if (!error.isFinal) return new Passing(seen, { madeProgress })
  return new KinaError('image-unavailable', `Cannot ${does}`, {
    seen: [seen],
    hint: "Check the registry's certificate, and the proxy in HTTPS_PROXY",
  })
}

/** What passed too often, as a failure of kina's; everything else as it is. */
export function asFailure(does: string, error: unknown): unknown {
  if (!(error instanceof Passing)) return error
  const wait = error.retryAfterMs
  return new KinaError('image-unavailable', `Cannot ${does}: the registry does not answer well`, {
    seen: [error.message, ...(wait === undefined ? [] : [`it asks to wait for ${Math.ceil(wait / 1000)} s`])],
    hint: 'Try again later: what has come so far is kept, and the next pull goes on from there',
  })
}

/** The body, up to a limit. @returns undefined when it is longer. */
export async function readUpTo(limit: number, { body }: WebAnswer): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > limit) return undefined
    pieces.push(piece)
  }
  return joined(pieces)
}

/** `: manifest unknown`, from the form that OCI gives to errors; nothing for other forms. */
async function reasonIn(answer: WebAnswer): Promise<string> {
  try {
    const bytes = await readUpTo(bodyLimit, answer)
    const { errors } = JSON.parse(new TextDecoder().decode(bytes)) as { errors: { code?: string; message?: string }[] }
    const reasons = errors.map(({ code, message }) => message || code).filter(Boolean)
    return reasons.length > 0 ? `: ${reasons.join(', ').slice(0, 300)}` : ''
  } catch {
    return ''
  }
}
