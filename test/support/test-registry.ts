import { createServer, type Server } from 'node:http'
import type { TestImage } from './oci-images.ts'

/** A registry of this machine with a few images (OCI distribution, the reading part of it). */
export interface TestRegistry {
  readonly host: string
  /** Paths that were asked for, in order. */
  readonly asked: string[]
  close(): Promise<void>
}

/** @param images by repository and tag: `{ 'library/web:1': image }`. */
export async function serveImages(images: Readonly<Record<string, TestImage>>): Promise<TestRegistry> {
  const asked: string[] = []
  const server: Server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(`${request.method} ${path}`)
    const [, repository = '', kind = '', name = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? []
    const image = images[`${repository}:${name}`]
    const all = Object.entries(images).filter(([key]) => key.startsWith(`${repository}:`))
    const digest = kind === 'manifests' && image ? image.descriptor.digest : name
    const content = all.map(([, its]) => its.blobs.get(digest)).find((its) => its !== undefined)
    if (!content) {
      response.writeHead(404).end()
      return
    }
    const mediaType = (JSON.parse(kind === 'manifests' ? content.toString() : '{}') as { mediaType?: string }).mediaType
    response.writeHead(200, {
      'content-type': mediaType ?? 'application/octet-stream',
      'content-length': content.length,
      'docker-content-digest': digest,
    })
    response.end(request.method === 'HEAD' ? undefined : content)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  return {
    host: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    asked,
    close: () => new Promise((done) => server.close(() => done())),
  }
}
