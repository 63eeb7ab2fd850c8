import { createServer as createTlsServer } from 'node:https'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MadeImage } from './made-image.ts'

/** What came to the registry. */
interface Asked {
  readonly path: string
  readonly query: string
  readonly range: string | undefined
  readonly authorization: string | undefined
  /** How often this path was asked for, this time included. */
  readonly times: number
}

/** How the registry misbehaves. Without any of these it answers as it should. */
interface Misbehaviour {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number
  /** After so many bytes nothing more comes. */
  readonly stallAfter?: number
  /** The whole blob with status 200, whatever range was asked for. */
  readonly ignoresRange?: boolean
  /** Milliseconds between two pieces of 64 KiB. */
  readonly slowMs?: number
  /** Waits for it before it answers. */
  readonly before?: Promise<unknown>
}

export interface RegistryServer {
  /** `localhost:12345` */
  readonly name: string
  readonly origin: string
  readonly asked: Asked[]
  add(repository: string, tag: string, image: Pick<MadeImage, 'blobs' | 'root'>): void
  /** Decides for every request; set by a test. */
  misbehave: (asked: Asked) => Misbehaviour | undefined
  close(): Promise<void>
}

/**
 * A registry that a test has in its hand: it serves images from memory, and misbehaves as it is told.
 * @param certificate for HTTPS, PEM.
 */
export async function startRegistry(certificate?: {
  readonly key: string
  readonly cert: string
}): Promise<RegistryServer> {
  const blobs = new Map<string, Uint8Array>()
  const manifests = new Map<string, { readonly digest: string; readonly mediaType: string }>()
  const asked: Asked[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, search: query } = new URL(request.url ?? '/', 'http://localhost')
    const { range, authorization } = request.headers
    const its: Asked = {
      path,
      query,
      range,
      authorization,
      times: asked.filter((other) => other.path === path).length + 1,
    }
    asked.push(its)
    const how = server.misbehave(its) ?? {}
    await how.before
    if (how.status !== undefined) {
      response.writeHead(how.status, how.headers)
      response.end(how.body ?? '')
      return
    }
    const [, kind, name = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? []
    const repository = path.slice('/v2/'.length).replace(/\/(manifests|blobs)\/.*$/, '')
    const manifest = manifests.get(`${repository}:${name}`)
    const digest = kind === 'manifests' ? (manifest?.digest ?? name) : name
    const bytes = how.body ?? blobs.get(digest)
    if (kind === undefined || bytes === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ errors: [{ code: 'NOT_FOUND', message: `no ${kind} ${name}` }] }))
      return
    }
    const from = how.ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    const body = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
    if (from > 0 && from >= body.length) {
      response.writeHead(416)
      response.end()
      return
    }
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': String(body.length - from),
      ...(from > 0 ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
      ...(kind === 'manifests'
        ? { 'content-type': manifest?.mediaType ?? typeIn(body), 'docker-content-digest': digest }
        : { 'content-type': 'application/octet-stream' }),
      ...how.headers,
    })
    await send(response, body.subarray(from), how)
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    response.on('error', () => undefined)
    answer(request, response).catch(() => response.destroy())
  }
  const http = certificate ? createTlsServer({ ...certificate }, onRequest) : createServer(onRequest)
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const { port } = http.address() as AddressInfo
  const server: RegistryServer = {
    name: `localhost:${port}`,
    origin: `${certificate ? 'https' : 'http'}://localhost:${port}`,
    asked,
    add(repository, tag, image) {
      for (const [digest, bytes] of image.blobs) blobs.set(digest, bytes)
      manifests.set(`${repository}:${tag}`, image.root)
    },
    misbehave: () => undefined,
    close: () =>
      new Promise((done) => {
        http.close(() => done())
        http.closeAllConnections()
      }),
  }
  return server
}

async function send(response: ServerResponse, bytes: Uint8Array, how: Misbehaviour): Promise<void> {
  const end = Math.min(bytes.length, how.cutAfter ?? how.stallAfter ?? bytes.length)
  for (let at = 0; at < end; at += 65_536) {
    if (response.destroyed) return
    if (how.slowMs !== undefined) await new Promise((done) => setTimeout(done, how.slowMs))
    if (!response.write(bytes.subarray(at, Math.min(at + 65_536, end))))
      await new Promise<void>((done) => {
        const go = (): void => {
          response.off('drain', go).off('close', go)
          done()
        }
        response.on('drain', go).on('close', go)
      })
  }
  if (how.stallAfter !== undefined) return
  if (how.cutAfter === undefined) response.end()
  // What was written is to be taken before the connection ends: with its end, what was not taken yet is lost.
  else setTimeout(() => response.destroy(), 1000)
}

function typeIn(bytes: Uint8Array): string {
  try {
    return (JSON.parse(new TextDecoder().decode(bytes)) as { mediaType?: string }).mediaType ?? 'application/json'
  } catch {
    return 'application/json'
  }
}
