import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../../src/images/registry/challenge.ts'
import { endpointsOf, parseMirrors, targetOf } from '../../../src/images/registry/endpoints.ts'
import { Passing, pauseBefore, retryAfterMs, retrying } from '../../../src/images/registry/retry.ts'
import { recordingReport } from '../../support/recording-report.ts'

describe('parseChallenges()', () => {
  const cases: readonly (readonly [string, ReturnType<typeof parseChallenges>])[] = [
    ['', []],
    ['Basic realm="here"', [{ scheme: 'basic', params: { realm: 'here' } }]],
    [
      'Bearer realm="https://auth.example/token",service="reg, istry",scope="repository:a/b:pull"',
      [
        {
          scheme: 'bearer',
          params: { realm: 'https://auth.example/token', service: 'reg, istry', scope: 'repository:a/b:pull' },
        },
      ],
    ],
    [
      'Negotiate, BEARER Realm = "a \\"b\\"" , error=invalid_token, Basic realm=x',
      [
        { scheme: 'negotiate', params: {} },
        { scheme: 'bearer', params: { realm: 'a "b"', error: 'invalid_token' } },
        { scheme: 'basic', params: { realm: 'x' } },
      ],
    ],
    ['Bearer realm="open', [{ scheme: 'bearer', params: {} }]],
    ['"', []],
  ]
  for (const [header, challenges] of cases)
    it(`reads ${header || 'nothing'}`, () => expect(parseChallenges(header)).toEqual(challenges))
})

describe('endpointsOf()', () => {
  const bases = (domain: string, mirrors = ''): readonly string[] =>
    endpointsOf({ domain }, parseMirrors(mirrors)).map(({ base }) => base)
  it('knows where Docker Hub is', () => expect(bases('docker.io')).toEqual(['https://registry-1.docker.io']))
  it('asks others with TLS', () => expect(bases('ghcr.io:8443')).toEqual(['https://ghcr.io:8443']))
  it('asks this machine without', () => {
    expect(bases('localhost:5000')).toEqual(['http://localhost:5000'])
    expect(bases('127.0.0.1:5000')).toEqual(['http://127.0.0.1:5000'])
    expect(bases('127.0.0.1.example.com')).toEqual(['https://127.0.0.1.example.com'])
  })
  it('puts mirrors in front, in their order, those of this domain alone', () => {
    const mirrors = 'docker.io=https://one.example/, ghcr.io=https://two.example,docker.io=http://localhost:1/hub'
    expect(bases('docker.io', mirrors)).toEqual([
      'https://one.example',
      'http://localhost:1/hub',
      'https://registry-1.docker.io',
    ])
  })
})

describe('targetOf()', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['docker.io/library/busybox:latest', 'docker.io', 'library/busybox', 'latest'],
    ['localhost:5000/a/b:v1', 'localhost:5000', 'a/b', 'v1'],
    [`ghcr.io/a/b:v1@${digest}`, 'ghcr.io', 'a/b', digest],
    [`ghcr.io/a@${digest}`, 'ghcr.io', 'a', digest],
  ]
  for (const [reference, domain, path, tagOrDigest] of cases)
    it(`takes ${reference} apart`, () => expect(targetOf(reference)).toMatchObject({ domain, path, tagOrDigest }))
})

describe('retryAfterMs()', () => {
  const now = new Date('2026-01-01T00:00:00Z')
  const cases: readonly (readonly [string | undefined, number | undefined])[] = [
    [undefined, undefined],
    ['3', 3000],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
  ]
  for (const [header, ms] of cases) it(`reads ${header}`, () => expect(retryAfterMs(header, now)).toBe(ms))
})

describe('retrying()', () => {
  const slept: number[] = []
  const options = (signal = new AbortController().signal) => ({
    what: 'it',
    tell: recordingReport().report,
    signal,
    scale: 1,
    clock: { sleep: (ms: number) => Promise.resolve(void slept.push(ms)) },
  })
  const failing = (times: number, error: () => Error) => {
    let left = times
    return () => (left-- > 0 ? Promise.reject(error()) : Promise.resolve('done'))
  }

  it('pauses longer each time, never the same for two', () => {
    expect([1, 2, 3, 9].map((attempt) => pauseBefore(attempt, 1))).toEqual([500, 1000, 2000, 15_000])
    expect([1, 2, 3, 9].map((attempt) => pauseBefore(attempt, 0))).toEqual([250, 500, 1000, 7500])
  })
  it('does again what passes, with a pause each time', async () => {
    slept.length = 0
    expect(
      await retrying(
        failing(5, () => new Passing('busy')),
        options(),
      ),
    ).toBe('done')
    expect(slept.length).toBe(5)
  })
  it('waits as long as it is asked to', async () => {
    slept.length = 0
    await retrying(
      failing(1, () => new Passing('busy', { retryAfterMs: 1234 })),
      { ...options(), scale: 0.01 },
    )
    expect(slept).toEqual([1234])
  })
  it('gives up when it passed too often, and counts anew when there was progress', async () => {
    const outcome = (work: () => Promise<string>) => retrying(work, options()).catch((error: Error) => error.message)
    expect(await outcome(failing(6, () => new Passing('busy')))).toBe('busy')
    expect(await outcome(failing(20, () => new Passing('cut', { madeProgress: true })))).toBe('done')
    expect(await outcome(failing(1, () => new Passing('later', { retryAfterMs: 61_000 })))).toBe('later')
    expect(await outcome(failing(1, () => new Error('verdict')))).toBe('verdict')
  })
})
