import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { createHost } from '../../../src/host/real-host.ts'
import { startTimeInPs, startTimeInStat } from '../../../src/host/processes.ts'
import type { Host, RunResult } from '../../../src/host/host.ts'

const env = { PATH: process.env['PATH'], HOME: '/home/me' }
const host: Host = createHost(env)
const sh = (script: string, ...words: readonly string[]): readonly string[] => ['/bin/sh', '-c', script, 'sh', ...words]

async function run(argv: readonly string[], options: Partial<Parameters<Host['run']>[1]> = {}): Promise<RunResult> {
  return await host.run(argv, { within: 10_000, ...options })
}

describe('a program that runs to its end', () => {
  it('gets its words as they are, no shell reads them', async () => {
    const words = ['a b', '$HOME', '`id`', "it's", '"', '*', '', '\\', '--x=1;2', 'ü']
    const { stdout } = await run(sh(String.raw`for word; do printf '<%s>' "$word"; done`, ...words))
    expect(stdout).toBe(words.map((word) => `<${word}>`).join(''))
  })
  it('gets what it is to read, and nothing when it is to read nothing', async () => {
    expect((await run(['cat'], { stdin: 'one\ntwo' })).stdout).toBe('one\ntwo')
    expect((await run(['cat'])).stdout).toBe('')
  })
  it('gets the environment of kina and what is added for it', async () => {
    expect((await run(sh('echo $HOME $MORE'), { env: { MORE: 'secret' } })).stdout).toBe('/home/me secret\n')
  })
  it('tells its exit code, stdout and stderr apart', async () => {
    const { exitCode, stdout, stderr, ended } = await run(sh('echo out; echo err >&2; exit 3'))
    expect({ exitCode, stdout, stderr, ended }).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      ended: 'exited',
    })
  })
  it('that does not exist is told, not thrown', async () => {
    const { exitCode, ended, stderr } = await run(['/nowhere/container'])
    expect([exitCode, ended]).toEqual([-1, 'not-found'])
    expect(stderr).toContain('ENOENT')
  })
  it('that does not read its stdin does no harm', async () => {
    expect((await run(sh('exit 0'), { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0)
  })
  it('is ended with all that it has started when its time is up', async () => {
    const { ended, stdout } = await run(sh('sleep 60 & echo $!; wait'), { within: 300 })
    expect(ended).toBe('timed-out')
    expect(await host.processes.startTime(Number(stdout))).toBe(undefined)
  })
  it('is ended when nobody wants it any more', async () => {
    const controller = new AbortController()
    const running = run(sh('sleep 60'), { signal: controller.signal })
    controller.abort()
    expect((await running).ended).toBe('aborted')
    expect((await run(sh('sleep 60'), { signal: controller.signal })).ended).toBe('aborted')
  })
  it('that says without end is ended, and memory is bounded', async () => {
    const { ended, stdout } = await run(['yes', 'x'.repeat(1000)])
    expect(ended).toBe('said-too-much')
    expect(stdout.length).toBeLessThan(17 * 1024 * 1024)
  })
  it('that complains without end keeps its last words', async () => {
    const { exitCode, stderr } = await run(sh('yes complaint | head -c 1000000 >&2; echo last >&2; exit 1'))
    expect(exitCode).toBe(1)
    expect(stderr.length).toBe(64 * 1024)
    expect(stderr).toMatch(/last\n$/)
  })
  it('is told to whoever watches: its process group when it starts, its words when it has ended', async () => {
    const watched = createHost(env)
    const children: number[] = []
    const commands: string[] = []
    watched.onChild = (pid) => void children.push(pid)
    watched.onCommand = ({ argv, exitCode }) => void commands.push(`${argv.join(' ')}: ${exitCode}`)
    const { stdout } = await watched.run(sh('echo $$; exit 4'), { within: 10_000 })
    expect(children).toEqual([Number(stdout)])
    expect(commands).toEqual(['/bin/sh -c echo $$; exit 4 sh: 4'])
  })
})

describe('a program with open streams', () => {
  it('is written to and read from while it runs', async () => {
    const child = host.open(['cat'])
    const chunks: string[] = []
    child.stdout.on('data', (chunk: Uint8Array) => void chunks.push(new TextDecoder().decode(chunk)))
    child.stdin.end('hello')
    expect(await child.exited).toEqual({ exitCode: 0 })
    expect(chunks.join('')).toBe('hello')
  })
  it('is ended on request, with KILL if TERM does nothing', async () => {
    const child = host.open(sh('trap "" TERM; echo ready; while :; do sleep 1; done'))
    await new Promise((ready) => child.stdout.once('data', ready))
    await child.end(50)
    expect((await child.exited).exitCode).toBe(137)
    await child.end(50)
  })
  it('that does not exist ends at once', async () => {
    expect((await host.open(['/nowhere/container']).exited).exitCode).toBe(-1)
  })
})

describe('two programs, one into the other', () => {
  const pipe = async (from: readonly string[], into: readonly string[], within = 10_000): Promise<RunResult> =>
    await host.pipe(from, into, { within, signal: new AbortController().signal })

  it('pass on any amount', async () => {
    const { exitCode, ended } = await pipe(['head', '-c', '50000000', '/dev/zero'], sh('test "$(wc -c)" -eq 50000000'))
    expect([exitCode, ended]).toEqual([0, 'exited'])
  })
  it('say which one failed, and with what words', async () => {
    const first = await pipe(sh('echo from >&2; exit 3'), ['cat'])
    expect([first.exitCode, first.stderr, first.argv[0]]).toEqual([3, 'from\n', '/bin/sh'])
    const second = await pipe(['echo', 'text'], sh('cat >/dev/null; echo into >&2; exit 4'))
    expect([second.exitCode, second.stderr]).toEqual([4, 'into\n'])
  })
  it('end together when the reader ends early, the time is up or nobody wants them', async () => {
    expect((await pipe(['yes'], ['true'])).exitCode).not.toBe(0)
    expect((await pipe(['sleep', '60'], ['cat'], 50)).ended).toBe('timed-out')
    const aborted = await host.pipe(['sleep', '60'], ['cat'], { within: 10_000, signal: AbortSignal.abort() })
    expect(aborted.ended).toBe('aborted')
  })
  it('that do not exist are told', async () => {
    expect((await pipe(['/nowhere/container'], ['cat'])).ended).toBe('not-found')
  })
})

describe("a program on kina's own streams", () => {
  it('gives its exit code', async () => expect(await host.attach(sh('exit 7'), { stdin: false })).toBe(7))
  it('is ended with the command', async () => {
    const signal = AbortSignal.timeout(50)
    expect(await host.attach(['sleep', '60'], { stdin: false, signal })).toBe(143)
    expect(await host.attach(['sleep', '60'], { stdin: false, signal })).toBe(143)
  })
  it('that does not exist is -1', async () => {
    expect(await host.attach(['/nowhere/container'], { stdin: false })).toBe(-1)
  })
})

describe('processes of others', () => {
  it('are told apart by their start time', async () => {
    const own = await host.processes.startTime(process.pid)
    expect(own).toMatch(/^\S/)
    expect(await host.processes.startTime(process.pid)).toBe(own)
    expect(await host.processes.startTime(2 ** 22 + 1)).toBe(undefined)
  })
  it('end with their group, and one that is gone is no error', async () => {
    const child = host.open(sh('sleep 60 & echo $!; wait'))
    const pid = await new Promise<number>((heard) =>
      child.stdout.once('data', (text: Uint8Array) => heard(Number(String(text)))),
    )
    await host.processes.endGroup(child.pid)
    await child.exited
    expect(await host.processes.startTime(pid)).toBe(undefined)
    await host.processes.endGroup(child.pid)
  })
  it('of group 0 and 1 are never touched', async () => {
    await host.processes.endGroup(0)
    await host.processes.endGroup(1)
  })
  it('all end at the end', async () => {
    const child = host.open(['sleep', '60'])
    await host.processes.endAll()
    expect((await child.exited).exitCode).toBe(143)
  })
})

describe('the start time of a process', () => {
  const fields = Array.from({ length: 49 }, (_, index) => `f${index + 4}`).join(' ')
  it('is field 22 of /proc/PID/stat', () => expect(startTimeInStat(`77 (bun) S ${fields}`)).toBe('f22'))
  it('whatever the command is called', () => expect(startTimeInStat(`77 (a) b (c d) R ${fields}`)).toBe('f22'))
  it('is a date in what ps says on a Mac', () => {
    expect(startTimeInPs('S+   Tue Nov 24 12:00:00 2026    \n')).toBe('Tue Nov 24 12:00:00 2026')
  })
  it('is undefined where there is no process', () => {
    expect(startTimeInStat('')).toBe(undefined)
    expect(startTimeInPs('')).toBe(undefined)
  })
  it('is undefined for one that has ended and was not looked after', () => {
    expect(startTimeInStat(`77 (bun) Z ${fields}`)).toBe(undefined)
    expect(startTimeInPs('Z    Tue Nov 24 12:00:00 2026\n')).toBe(undefined)
  })
})
