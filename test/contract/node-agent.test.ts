import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeRequest } from '../../src/guest/frames.ts'
import agent from '../../src/guest/session.sh' with { type: 'text' }
import { openSessions, type Sessions } from '../../src/guest/sessions.ts'
import type { OpenChild } from '../../src/host/host.ts'
import { createHost } from '../../src/host/real-host.ts'
import { failureOf } from '../support/failure-of.ts'

const host = createHost({ PATH: process.env['PATH'] })
const mark = 'mark'
/** Seconds that an agent waits for the lock of another. */
const lockSeconds = '60'

/** The agent of a node session as it is, in real bash, on this machine. */
describe("a node's agent", () => {
  let folder: string
  let state: string
  const children: OpenChild[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kina-agent-'))
    state = join(folder, 'state')
    await mkdir(state)
  })
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.end(0)))
    await rm(folder, { recursive: true, force: true })
  })

  function start(word = mark): OpenChild {
    const child = host.open(['bash', '--norc', '-c', agent, 'kina-session', word, state, lockSeconds])
    children.push(child)
    return child
  }

  /** The same with its state on a disk of a few kilobytes, seen by it alone. */
  function startOnSmallDisk(kilobytes: number, word = mark): OpenChild {
    const mounting = `mount -t tmpfs -o size=${kilobytes}k tmpfs "$1" && exec bash --norc -c "$2" kina-session "$3" "$1" 60`
    const child = host.open(['unshare', '--mount', 'bash', '-c', mounting, 'small-disk', state, agent, word])
    children.push(child)
    return child
  }

  function sessionsOf(open: (word: string) => OpenChild): Sessions {
    let count = 0
    return openSessions((_node, argv) => open(argv.at(-1) ?? ''), {
      helloWithin: 60_000,
      answerMargin: 60_000,
      explainEnd: () => undefined,
      mark: () => `mark${++count}`,
    })
  }

  const exists = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    )

  async function outputOf(child: OpenChild): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Uint8Array) => (stdout += new TextDecoder().decode(chunk)))
    child.stderr.on('data', (chunk: Uint8Array) => (stderr += new TextDecoder().decode(chunk)))
    return { ...(await child.exited), stdout, stderr }
  }

  it('runs what it is sent: arguments, stdin and both outputs as they are, whatever bytes they have', async () => {
    const sessions = sessionsOf(start)
    const echo = { name: 'echo', text: 'printf "%s|" "$@"; cat; echo oops >&2; exit 3\n' }
    const strange = ['', ' a  b ', 'line\n\n', "it's $HOME `date` \\ ü"]
    const result = await sessions.run('a', echo, { args: strange, stdin: 'in\n\n', within: 60_000 })
    expect(result).toEqual({ exitCode: 3, stdout: `${strange.join('|')}|in\n\n`, stderr: 'oops\n' })
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const sum = { name: 'sum', text: 'sha256sum\n' }
    const { createHash } = await import('node:crypto')
    const { stdout } = await sessions.run('a', sum, { stdin: bytes, within: 60_000 })
    expect(stdout).toContain(createHash('sha256').update(bytes).digest('hex'))
    await sessions[Symbol.asyncDispose]()
    expect(await readdir(join(state, 'session'))).toEqual(['lock'])
  })

  it('runs nothing of a request whose caller dies in the middle, wherever it is cut', async () => {
    const ran = join(folder, 'ran')
    // Each line alone would show: half a script must not be run either.
    const script = `touch ${ran}\n`.repeat(3)
    const whole = encodeRequest({ id: '1', script, stdin: 'some input', args: ['one', 'two'], deadline: 60_000 })
    const cuts = Array.from({ length: whole.length }, (_, length) => length).filter(
      (length) => length % 7 === 0 || length > whole.length - 20,
    )
    for (const length of cuts) {
      const child = start()
      child.stdin.end(whole.subarray(0, length))
      const { exitCode, stderr } = await outputOf(child)
      const inHeader = length <= whole.indexOf(10)
      expect(`${length}: ${exitCode} ${stderr}`).toBe(
        inHeader ? `${length}: 0 ` : `${length}: 74 cannot read request 1 whole\n`,
      )
      expect(await exists(ran)).toBe(false)
    }
    const child = start()
    child.stdin.end(whole)
    expect((await outputOf(child)).exitCode).toBe(0)
    expect(await exists(ran)).toBe(true)
  })

  it('runs nothing of a request that does not fit on the disk of its node, and says so', async () => {
    const ran = join(folder, 'ran')
    const script = `touch ${ran}\n`
    const parts: Readonly<Record<string, { script?: string; stdin?: string; args?: readonly string[] }>> = {
      'its script': { script: script + '# and so on\n'.repeat(20_000) },
      'its stdin': { stdin: 'x'.repeat(200_000) },
      'an argument': { args: ['x'.repeat(100_000)] },
    }
    for (const [what, part] of Object.entries(parts)) {
      const child = startOnSmallDisk(64)
      child.stdin.end(encodeRequest({ id: '1', script, stdin: '', args: [], deadline: 60_000, ...part }))
      const { exitCode, stderr } = await outputOf(child)
      expect(`${what}: ${exitCode}`).toBe(`${what}: 74`)
      expect(stderr).toContain('No space left on device')
      expect(stderr).toContain('cannot read request 1 whole')
      expect(await exists(ran)).toBe(false)
    }
  })

  it('does not begin on a disk that is full already', async () => {
    const filling = `mount -t tmpfs -o size=16k tmpfs "$1" && mkdir "$1/session" && { cat /dev/zero >"$1/full" 2>/dev/null; exec bash --norc -c "$2" kina-session mark "$1" 60; }`
    const child = host.open(['unshare', '--mount', 'bash', '-c', filling, 'full-disk', state, agent])
    children.push(child)
    child.stdin.end(encodeRequest({ id: '1', script: `touch ${folder}/ran\n`, stdin: '', args: [], deadline: 60_000 }))
    const { exitCode, stdout, stderr } = await outputOf(child)
    expect([exitCode, stdout]).toEqual([74, ''])
    expect(stderr).toContain('cannot ')
    expect(await exists(join(folder, 'ran'))).toBe(false)
  })

  it('and kina make an error of a full disk that says so', async () => {
    const sessions = sessionsOf((word) => startOnSmallDisk(64, word))
    const program = { name: 'big', text: 'cat\n' }
    const error = await failureOf(sessions.run('a', program, { stdin: 'x'.repeat(200_000), within: 60_000 }))
    expect([error.code, error.message]).toEqual([
      'session-lost',
      'Cannot go on in node "a": a request did not reach it whole',
    ])
    expect(error.seen.join('\n')).toContain('No space left on device')
    await sessions[Symbol.asyncDispose]()
  })

  it('ends what a lost session has left before it runs anything, so that nothing runs twice at once', async () => {
    const log = join(folder, 'log')
    // As kubeadm would: it says when it begins and when it ends, and takes a while; the second time it does not.
    const text = `echo "begin $$" >>"$1"; trap 'echo "end $$" >>"$1"' EXIT; trap 'exit 143' TERM
[ "$(grep -c begin "$1")" -gt 1 ] || { sleep 600 & wait "$!"; }\n`
    const sessions = sessionsOf(start)
    const running = [1, 2].map(() => sessions.run('a', { name: 'slow', text }, { args: [log], within: 600_000 }))
    while (!(await readFile(log, 'utf8').catch(() => '')).includes('begin')) await host.clock.sleep(10)
    const agentPid = Number((await readFile(join(state, 'session/agent'), 'utf8')).split(' ')[0])
    process.kill(agentPid, 'SIGKILL')
    expect((await Promise.all(running)).map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const lines = (await readFile(log, 'utf8')).trim().split('\n')
    // Every begin is followed by its own end.
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end'])
    expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(3)
    // Two requests waited behind the lost session; one other session was opened for both.
    expect(children.length).toBe(2)
    await sessions[Symbol.asyncDispose]()
  })

  it('gives way to nobody who lives: a second agent waits for the first', async () => {
    await mkdir(join(state, 'session'))
    const holding = host.open(['flock', join(state, 'session/lock'), 'sleep', '600'])
    children.push(holding)
    while (!(await exists(join(state, 'session/lock')))) await host.clock.sleep(10)
    const child = host.open(['bash', '--norc', '-c', agent, 'kina-session', mark, state, '1'])
    children.push(child)
    const { exitCode, stdout, stderr } = await outputOf(child)
    expect([exitCode, stdout]).toEqual([75, ''])
    expect(stderr).toContain('another session holds')
  })

  it('tells a program that ran out of time from one that was killed by another', async () => {
    const sessions = sessionsOf(start)
    const killed = await sessions.run('a', { name: 'killed', text: 'kill -KILL $$\n' }, { within: 60_000 })
    expect(killed.exitCode).toBe(137)
    const late = await failureOf(
      sessions.run('a', { name: 'late', text: 'echo waits >&2; sleep 60\n' }, { within: 500 }),
    )
    expect([late.code, late.seen]).toEqual(['timed-out', ['waits']])
    const stubborn = { name: 'stubborn', text: 'trap "" TERM; while :; do sleep 1; done\n' }
    expect((await failureOf(sessions.run('a', stubborn, { within: 500 }))).code).toBe('timed-out')
    await sessions[Symbol.asyncDispose]()
  })
})
