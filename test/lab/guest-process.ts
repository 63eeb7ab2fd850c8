/** A guest as a process: PID 1 in namespaces of its own. What both backends do with it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { NoSuchProgram, type ExecRequest, type Guest } from './backend.ts'
import { isAlive, startTimeOf, type LiveProcess } from './live-process.ts'

export const guestPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Remembers PID 1 of a guest that has booted. */
export function noteInit({ folder }: Guest, pid: number): void {
  const init: LiveProcess = { pid, startTime: startTimeOf(pid) }
  writeFileSync(join(folder, 'init.json'), JSON.stringify(init))
}

export function initOf({ folder }: Guest): number | undefined {
  const path = join(folder, 'init.json')
  if (!existsSync(path)) return undefined
  const init = JSON.parse(readFileSync(path, 'utf8')) as LiveProcess
  return isAlive(init) ? init.pid : undefined
}

export function exec(guest: Guest, { argv, environment, workdir, tty, interactive }: ExecRequest): ChildProcess {
  const init = initOf(guest)
  if (init === undefined) throw new Error(`guest ${guest.id} does not run`)
  const env: Record<string, string> = {}
  for (const entry of environment) {
    const [key = '', value = ''] = entry.split(/=(.*)/s)
    env[key] ??= value
  }
  env['PATH'] ??= guestPath
  const [program = ''] = argv
  const places = program.includes('/') ? [program] : env['PATH'].split(':').map((folder) => `${folder}/${program}`)
  if (
    !places.some(
      (place) => existsSync(`/proc/${init}/root${place}`) || readLink(`/proc/${init}/root${place}`) !== undefined,
    )
  ) {
    throw new NoSuchProgram(program)
  }
  const stdio = tty ? 'inherit' : ([interactive ? 'pipe' : 'ignore', 'pipe', 'pipe'] as const)
  return spawn(
    '/usr/bin/nsenter',
    [
      `--target=${init}`,
      '--mount',
      '--pid',
      '--uts',
      '--ipc',
      '--net',
      '--cgroup',
      '--root',
      `--wdns=${workdir}`,
      '--',
      ...argv,
    ],
    // A session of its own: who kills the client does not reach into the guest.
    { stdio: stdio as 'pipe', env, detached: !tty },
  )
}

/** Asks PID 1 to end, and kills it when its time is over. */
export async function stopInit(guest: Guest, signal: string, seconds: number): Promise<void> {
  const init = initOf(guest)
  if (init === undefined) return
  // Real-time signals have no name here: RTMIN is 34, as bash in the guest counts.
  const [, offset] = /^(?:SIG)?RTMIN\+(\d+)$/.exec(signal) ?? []
  process.kill(
    init,
    offset === undefined
      ? ((signal.startsWith('SIG') ? signal : `SIG${signal}`) as NodeJS.Signals)
      : 34 + Number(offset),
  )
  const end = performance.now() + seconds * 1000
  while (initOf(guest) !== undefined) {
    if (performance.now() > end) {
      try {
        process.kill(init, 'SIGKILL')
      } catch {
        // It has just ended.
      }
    }
    await new Promise((done) => setTimeout(done, 2))
  }
}
