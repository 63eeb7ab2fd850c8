import { describe, expect, it } from 'vitest'
import { createHost } from '../../../src/host/real-host.ts'

const host = createHost()
const options = { within: 60_000, signal: new AbortController().signal }

async function* pieces(count: number, failure?: Error): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield new Uint8Array(100_000).fill(65)
  if (failure) throw failure
}

describe('a program that is fed', () => {
  it('reads all of a stream, and what it says is kept', async () => {
    const result = await host.feed(['sh', '-c', 'wc -c; echo why >&2; exit 3'], pieces(50), options)
    expect(result).toMatchObject({ exitCode: 3, ended: 'exited', stderr: 'why\n' })
    expect(result.stdout.trim()).toBe('5000000')
  })

  it('never takes a part for the whole: where the stream fails it is ended before its stdin', async () => {
    const failed = host.feed(
      ['sh', '-c', 'cat >/dev/null; echo "took it" >&2; exit 7'],
      pieces(3, new Error('damaged')),
      options,
    )
    expect(await failed.catch((error: Error) => error.message)).toBe('damaged')
  })

  it('need not read all of it', async () => {
    expect((await host.feed(['sh', '-c', 'exit 4'], pieces(500), options)).exitCode).toBe(4)
  })

  it('may be missing, out of time, or interrupted', async () => {
    expect((await host.feed(['no-such-program'], pieces(1), options)).ended).toBe('not-found')
    const slow = ['sh', '-c', 'sleep 60']
    expect((await host.feed(slow, pieces(500), { ...options, within: 50 })).ended).toBe('timed-out')
    expect((await host.feed(slow, pieces(500), { ...options, signal: AbortSignal.abort() })).ended).toBe('aborted')
  })
})
