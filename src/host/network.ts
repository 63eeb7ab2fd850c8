import type { HttpsOptions } from './host.ts'

/** A TCP port that nothing listens on at this moment: bound as port 0, read, and let go. Another process may take it meanwhile. */
export async function freePort(address: string): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  return await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: 0, host: address, exclusive: true }, () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound ? bound.port : 0))
    })
  })
}

/** One GET over a connection of its own. The name in the certificate is checked as for any client. */
export async function getHttps(
  url: string,
  { ca, cert, key, within, signal }: HttpsOptions,
): Promise<{ readonly status: number; readonly body: string }> {
  const { request } = await import('node:https')
  const deadline = AbortSignal.timeout(within)
  return await new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        ca,
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        agent: false,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          body += text
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
        response.on('error', reject)
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}
