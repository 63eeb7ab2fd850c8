import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import process from 'node:process'
import type { Host, OpenChild, Processes, RunOptions, RunResult } from './host.ts'

/** The environment of children, and who is told of them. */
type Watchers = Pick<Host, 'env'> & Partial<Pick<Host, 'onCommand' | 'onChild'>>

/** Answers of `container` are small; more than this is a mistake, and memory has a budget. In characters. */
const stdoutLimit = 16 * 1024 * 1024
export const stderrLimit = 64 * 1024
/** Between TERM and KILL. */
const graceMs = 2000
/** After KILL: whoever left the group and still holds the pipes is not waited for any longer. */
const pipesMs = 500

/** Children that have not closed, each the leader of its own group. */
const alive = new Set<ChildProcess>()

/**
 * Runs a program to its end through zx, without a shell: the words reach it as they are, and no `ZX_*` variable has a say.
 * The child leads its own process group, so a terminal's Ctrl-C does not reach it before kina decides what is to be undone.
 */
export async function run(argv: readonly string[], options: RunOptions, watchers: Watchers): Promise<RunResult> {
  const { $, quote } = await import('zx/core')
  const [file = '', ...args] = argv
  const { stdin, signal } = options
  const started = performance.now()
  const output = { stdout: '', stderr: '' }
  let ended = 'exited' as RunResult['ended']
  let child: ChildProcess | undefined
  const end = (why: RunResult['ended']): void => {
    if (ended === 'exited') ended = why
    if (child) void endChild(child, graceMs)
  }

  const running = $({
    quiet: true,
    verbose: false,
    nothrow: true,
    detached: true,
    prefix: '',
    postfix: '',
    shell: '/bin/sh',
    quote,
    store: keepingNothing(),
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...watchers.env, ...options.env },
    spawn: ((_command: unknown, _args: unknown, spawnOptions: object) => {
      child = track(spawn(file, args, { ...spawnOptions, shell: false }), watchers)
      child.once('error', (error) => {
        ended = 'not-found'
        output.stderr = error.message
      })
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        if (output.stdout.length + text.length <= stdoutLimit) output.stdout += text
        else end('said-too-much')
      })
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        output.stderr = (output.stderr + text).slice(-stderrLimit)
      })
      // A child may end without having read all; its exit code says what that means.
      child.stdin?.on('error', () => undefined)
      child.stdin?.end(stdin)
      return child
    }) as typeof spawn,
  })`${[file, ...args]}`

  const timer = setTimeout(() => end('timed-out'), options.within)
  const onAbort = (): void => end('aborted')
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  try {
    const { exitCode, signal: killedBy } = await running
    const result: RunResult = {
      argv,
      exitCode: ended === 'not-found' ? -1 : exitCodeOf(exitCode, killedBy),
      ...output,
      ms: performance.now() - started,
      ended,
    }
    watchers.onCommand?.({ argv, ms: result.ms, exitCode: result.exitCode })
    return result
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

/** zx would keep all that a child says, twice; what kina keeps is bounded. */
function keepingNothing(): { stdout: string[]; stderr: string[]; stdall: string[] } {
  const nothing = (): string[] => Object.assign([], { push: () => 0 })
  return { stdout: nothing(), stderr: nothing(), stdall: nothing() }
}

/** Starts a child whose streams are the caller's: node:child_process, since zx would read what flows through. */
export function open(argv: readonly string[], watchers: Watchers): OpenChild {
  const [file = '', ...args] = argv
  const started = performance.now()
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: watchers.env })
  track(child, watchers)
  // A child that is gone breaks the pipe; its exit says so, the stream need not.
  child.stdin.on('error', () => undefined)
  const exited = new Promise<{ exitCode: number }>((resolve) => {
    child.once('error', () => resolve({ exitCode: -1 }))
    child.once('close', (code, signal) => resolve({ exitCode: exitCodeOf(code, signal) }))
  })
  void exited.then(({ exitCode }) => watchers.onCommand?.({ argv, ms: performance.now() - started, exitCode }))
  return {
    pid: child.pid ?? -1,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    end: (grace = graceMs) => endChild(child, grace),
  }
}

/** Runs a program on kina's own streams and in its process group: what a terminal sends reaches both. */
export async function attach(
  argv: readonly string[],
  options: { readonly stdin: boolean; readonly signal?: AbortSignal },
  watchers: Watchers,
): Promise<number> {
  const [file = '', ...args] = argv
  const started = performance.now()
  const child = spawn(file, args, {
    stdio: [options.stdin ? 'inherit' : 'ignore', 'inherit', 'inherit'],
    env: watchers.env,
  })
  const onAbort = (): void => void child.kill('SIGTERM')
  options.signal?.addEventListener('abort', onAbort, { once: true })
  if (options.signal?.aborted) onAbort()
  try {
    const exitCode = await new Promise<number>((resolve) => {
      child.once('error', () => resolve(-1))
      child.once('close', (code, signal) => resolve(exitCodeOf(code, signal)))
    })
    watchers.onCommand?.({ argv, ms: performance.now() - started, exitCode })
    return exitCode
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
  }
}

export function systemProcesses(os: 'darwin' | 'linux'): Processes {
  return {
    startTime: os === 'linux' ? startTimeOnLinux : startTimeOnDarwin,
    endGroup,
    endAll: async () => {
      await Promise.all([...alive].map((child) => endChild(child, graceMs)))
    },
  }
}

async function startTimeOnLinux(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return startTimeInStat(stat)
}

/**
 * Field 22 of proc(5). The command in field 2 may hold blanks and brackets, so counting begins behind the last bracket.
 * @returns undefined for a process that has ended and that its parent has not looked after yet (state Z or X).
 */
export function startTimeInStat(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return /^[ZX]/.test(fields[0] ?? '') ? undefined : fields[19]
}

/** The same of `ps -o state= -o lstart=`. */
export function startTimeInPs(line: string): string | undefined {
  const [, state = '', started] = /^\s*(\S+)\s+(.*\S)/.exec(line) ?? []
  return state.startsWith('Z') ? undefined : started
}

async function startTimeOnDarwin(pid: number): Promise<string | undefined> {
  // The locale changes how the date is written, and two runs of kina must read the same one.
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const argv = ['ps', '-o', 'state=', '-o', 'lstart=', '-p', String(pid)]
  const { exitCode, stdout } = await run(argv, { within: 5000 }, { env })
  return exitCode === 0 ? startTimeInPs(stdout) : undefined
}

function track(child: ChildProcess, watchers: Watchers): ChildProcess {
  if (child.pid !== undefined) watchers.onChild?.(child.pid)
  alive.add(child)
  child.once('close', () => alive.delete(child))
  child.once('error', () => alive.delete(child))
  return child
}

/** Ends a child and all of its group, also when only the child itself has gone and another still holds its pipes. */
async function endChild(child: ChildProcess, grace: number): Promise<void> {
  const { pid } = child
  if (pid === undefined || !alive.has(child)) return
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  signalGroup(pid, 'SIGTERM')
  const kill = setTimeout(() => signalGroup(pid, 'SIGKILL'), grace)
  const letGo = setTimeout(() => {
    child.stdout?.destroy()
    child.stderr?.destroy()
  }, grace + pipesMs)
  await closed
  clearTimeout(kill)
  clearTimeout(letGo)
}

async function endGroup(pgid: number): Promise<void> {
  if (!signalGroup(pgid, 'SIGTERM') || (await isGone(pgid, graceMs))) return
  signalGroup(pgid, 'SIGKILL')
  await isGone(pgid, graceMs)
}

/** Waits for a group of somebody else's children, of whose end nobody tells. */
async function isGone(pgid: number, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs
  while (signalGroup(pgid, 0)) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}

/** @returns whether the group was there to be told. */
function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  // Group 0 would be kina's own, 1 everybody.
  if (pgid <= 1) return false
  try {
    process.kill(-pgid, signal)
    return true
  } catch {
    return false
  }
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0))
}
