import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { createHost } from '../../../src/host/real-host.ts'

const host = createHost({ HOME: '/home/me' })

describe('the machine', () => {
  it('is described', () => {
    expect(host.platform).toMatchObject({
      os: process.platform === 'darwin' ? 'darwin' : 'linux',
      arch: process.arch === 'arm64' ? 'arm64' : 'amd64',
      home: '/home/me',
      cwd: process.cwd(),
      pid: process.pid,
    })
    expect(createHost({}).platform.home).toMatch(/^\//)
    expect(createHost().env['PATH']).toBe(process.env['PATH'])
  })

  it('has a free port, another one while the first is taken', async () => {
    const port = await host.freePort('127.0.0.1')
    const server = createServer()
    await new Promise<void>((bound) => server.listen(port, '127.0.0.1', bound))
    expect((server.address() as AddressInfo).port).toBe(port)
    expect(await host.freePort('127.0.0.1')).not.toBe(port)
    await new Promise((closed) => server.close(closed))
  })

  it('has no free port at an address of somebody else', async () => {
    let failure: unknown
    await host.freePort('192.0.2.1').catch((error: unknown) => {
      failure = error
    })
    expect((failure as { code: string }).code).toMatch(/EADDRNOTAVAIL|EINVAL/)
  })

  it('does not talk to a server without TLS', async () => {
    const server = createServer((_request, response) => void response.end('ok'))
    await new Promise<void>((bound) => server.listen(0, '127.0.0.1', bound))
    const { port } = server.address() as AddressInfo
    let failed = false
    await host.getHttps(`https://127.0.0.1:${port}/readyz`, { ca: '', within: 5000 }).catch(() => {
      failed = true
    })
    expect(failed).toBe(true)
    await new Promise((closed) => server.close(closed))
  })

  it('sleeps, and wakes when the signal is aborted', async () => {
    await host.clock.sleep(1)
    const controller = new AbortController()
    const sleeping = host.clock.sleep(60_000, controller.signal).catch((reason: unknown) => reason)
    controller.abort('enough')
    expect(await sleeping).toBe('enough')
    expect(await host.clock.sleep(60_000, controller.signal).catch((reason: unknown) => reason)).toBe('enough')
    await host.clock.sleep(1, new AbortController().signal)
  })

  it('has a clock that goes forward and random bytes', () => {
    const before = host.clock.now()
    expect(host.clock.now()).toBeGreaterThanOrEqual(before)
    expect(host.clock.date().getFullYear()).toBeGreaterThan(2025)
    expect(host.clock.randomHex(4)).toMatch(/^[0-9a-f]{8}$/)
    expect(host.clock.randomHex(4)).not.toBe(host.clock.randomHex(4))
  })

  it('has a terminal as wide as it is told, else 80', () => {
    expect(createHost({ COLUMNS: '120' }).terminal.columns).toBe(120)
    expect(createHost({ COLUMNS: 'wide' }).terminal.columns).toBeGreaterThan(0)
    for (const value of [host.terminal.stdinIsTerminal, host.terminal.stdoutIsTerminal, host.terminal.stderrIsTerminal])
      expect(typeof value).toBe('boolean')
  })
})
