import type { Web } from './host.ts'

/** Why no answer came, or not all of it. */
export class WebFailure extends Error {
  override readonly name = 'WebFailure'
  /** Asking again cannot help: the other side's certificate is wrong, or the address cannot be one. */
  readonly isFinal: boolean

  constructor(message: string, isFinal: boolean) {
    super(message)
    this.isFinal = isFinal
  }
}

/** Codes of failed handshakes and of addresses that are none, as Node, Bun and Deno name them. */
const final = /CERT|ISSUER|SELF_SIGNED|ALTNAME|EPROTO|SSL|INVALID_URL/

/**
 * Asks with `fetch`, which reads a body only as fast as it is taken. Redirects come back as they are: who follows one decides
 * what to send along. The proxy is the one in `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
 */
export const web: Web = {
  async ask(url, { method = 'GET', headers = {}, body, stall, signal }) {
    const watch = watchSilence(url, stall, signal)
    watch.begin()
    try {
      const response = await fetch(url, {
        method,
        // The bytes are what the digest is of: nothing may be unpacked on the way.
        headers: { 'accept-encoding': 'identity', ...headers },
        redirect: 'manual',
        signal: watch.signal,
        ...(body === undefined ? {} : { body }),
      })
      watch.end()
      return {
        url,
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        body: chunksOf(response, watch),
        discard: async () => {
          await response.body?.cancel().catch(() => undefined)
        },
      }
    } catch (error) {
      throw watch.explain(error)
    }
  },
}

type Watch = ReturnType<typeof watchSilence>

/** Time counts only while the other side is waited for, not while what it said is worked on. */
function watchSilence(url: string, stall: number, outer: AbortSignal | undefined) {
  const stop = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = (): void => clearTimeout(timer)
  return {
    signal: outer ? AbortSignal.any([outer, stop.signal]) : stop.signal,
    begin: (): void => {
      timer = setTimeout(() => stop.abort(), stall)
    },
    end,
    explain(error: unknown): unknown {
      end()
      if (outer?.aborted) return outer.reason
      if (stop.signal.aborted) return new WebFailure(`nothing was heard for ${Math.ceil(stall / 1000)} s`, false)
      const { code = '', message } = error as { code?: string; message: string }
      const said = message.replaceAll(url, placeOf(url))
      return new WebFailure(said.startsWith(code) ? said : `${code}: ${said}`, final.test(code))
    },
  }
}

async function* chunksOf({ body }: Response, watch: Watch): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  try {
    for (;;) {
      watch.begin()
      const next = await reader?.read()
      watch.end()
      if (!next || next.done) return
      yield next.value
    }
  } catch (error) {
    throw watch.explain(error)
  } finally {
    await reader?.cancel().catch(() => undefined)
  }
}

/** The address without its query, which in signed ones is a secret. */
export function placeOf(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
