import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import process from 'node:process'
import type { OpenChild, Processes, RunOptions, RunResult } from './host.ts'

type OnCommand = ((command: { argv: readonly string[]; ms: number; exitCode: number }) => void) | undefined

/** Answers of `container` are small; more than this is a mistake, and memory has a budget. */
const stdoutLimit = 16 * 1024 * 1024
const stderrLimit = 64 * 1024
/** Between TERM and KILL. */
const graceMs = 2000

const alive = new Set<ChildProcess>()

/**
 * Runs a program to its end through zx, without a shell: the words reach it as they are, and no `ZX_*` variable has a say.
 * The child leads its own process group, so a terminal's Ctrl-C does not reach it before kina decides what is to be undone.
 */
export async function run(argv: readonly string[], options: RunOptions, onCommand: OnCommand): Promise<RunResult> {
  const { $, quote } = await import('zx/core')
  const [file = '', ...args] = argv
  const started = performance.now()
  let ended: RunResult['ended'] = 'exited'
  let child: ChildProcess | undefined
  const output = { stdout: '', stderr: '' }
  const end = (why: 'timed-out' | 'aborted'): void => {
    ended = why
    if (child) void endChild(child, graceMs)
  }
  const promise = $({
    quiet: true,
    verbose: false,
    nothrow: true,
    detached: true,
    prefix: '',
    postfix: '',
    shell: '/bin/sh',
    quote,
    ...(options.stdin === undefined ? {} : { input: options.stdin as string }),
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // zx would keep all output; what kina keeps is bounded.
    store: { stdout: [], stderr: [], stdall: [] },
    spawn: ((_command: unknown, _args: unknown, spawnOptions: object) => {
      child = spawn(file, args, { ...spawnOptions, shell: false })
      track(child)
      const { stdout, stderr } = child
      stdout?.setEncoding('utf8').on('data', (text: string) => {
        if (output.stdout.length < stdoutLimit) output.stdout += text
      })
      stderr?.setEncoding('utf8').on('data', (text: string) => {
        output.stderr = (output.stderr + text).slice(-stderrLimit)
      })
      return child
    }) as typeof spawn,
    ...(options.env ? { env: { ...process.env, ...options.env } } : {}),
  })`${[file, ...args]}`
  const timer = setTimeout(() => end('timed-out'), options.within)
  const onAbort = (): void => end('aborted')
  options.signal?.addEventListener('abort', onAbort, { once: true })
  if (options.signal?.aborted) onAbort()
  try {
    const { exitCode, signal, cause } = await promise
    const missing = (cause as { code?: string } | undefined)?.code === 'ENOENT' || exitCode === -2
    const result: RunResult = {
      argv,
      exitCode: missing ? -1 : (exitCode ?? 128 + signalNumber(signal)),
      stdout: output.stdout,
      stderr: output.stderr,
      ms: performance.now() - started,
      ended: missing ? 'not-found' : ended,
    }
    onCommand?.({ argv, ms: result.ms, exitCode: result.exitCode })
    return result
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
  }
}

/** Starts a child whose streams are the caller's: node:child_process, since zx would keep what flows through. */
export function open(argv: readonly string[], onCommand: OnCommand): OpenChild {
  const [file = '', ...args] = argv
  const started = performance.now()
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  track(child)
  // A child that is gone breaks the pipe; its exit says so, the stream need not.
  child.stdin.on('error', () => undefined)
  const exited = new Promise<{ exitCode: number }>((resolve) => {
    child.once('error', () => resolve({ exitCode: -1 }))
    child.once('close', (code, signal) => {
      const exitCode = code ?? 128 + signalNumber(signal)
      onCommand?.({ argv, ms: performance.now() - started, exitCode })
      resolve({ exitCode })
    })
  })
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
): Promise<number> {
  const [file = '', ...args] = argv
  const child = spawn(file, args, { stdio: [options.stdin ? 'inherit' : 'ignore', 'inherit', 'inherit'] })
  const onAbort = (): void => void child.kill('SIGTERM')
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await new Promise<number>((resolve) => {
      child.once('error', () => resolve(-1))
      child.once('close', (code, signal) => resolve(code ?? 128 + signalNumber(signal)))
    })
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
  }
}

export function systemProcesses(run: (argv: readonly string[]) => Promise<RunResult>, os: string): Processes {
  return {
    startTime: async (pid) => {
      if (os === 'linux') {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
        // Field 22 of proc(5); the command in field 2 may hold blanks, so counting begins behind its bracket.
        return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      }
      const { exitCode, stdout } = await run(['ps', '-o', 'lstart=', '-p', String(pid)])
      return exitCode === 0 ? stdout.trim() || undefined : undefined
    },
    endGroup: (pgid) => endGroup(pgid, graceMs),
    endAll: async () => {
      await Promise.all([...alive].map((child) => endChild(child, graceMs)))
    },
  }
}

function track(child: ChildProcess): void {
  alive.add(child)
  const forget = (): void => void alive.delete(child)
  child.once('close', forget)
  child.once('error', forget)
}

async function endChild(child: ChildProcess, grace: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  signalGroup(child.pid, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child.pid ?? 0, 'SIGKILL'), grace)
  await closed
  clearTimeout(timer)
}

async function endGroup(pgid: number, grace: number): Promise<void> {
  const end = performance.now() + grace
  if (!signalGroup(pgid, 'SIGTERM')) return
  while (performance.now() < end) {
    if (!signalGroup(pgid, 0)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  signalGroup(pgid, 'SIGKILL')
}

/** @returns whether the group was there to be told. */
function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  if (pgid <= 1) return false
  try {
    process.kill(-pgid, signal)
    return true
  } catch {
    return false
  }
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : (constants.signals[signal] ?? 0)
}
