/** A guest as a process: PID 1 in namespaces of its own. What both backends do with it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { boundingSet } from './capabilities.ts'
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

/** @param enter words put before those that enter the guest. */
export function exec(
  guest: Guest,
  { argv, environment, workdir, tty, interactive }: ExecRequest,
  enter: (init: number) => readonly string[] = () => [],
): ChildProcess {
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
  const [file = '', ...words] = [
    ...enter(init),
    '/usr/bin/nsenter',
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
    ...limited(guest, init),
    ...argv,
  ]
  // A session of its own: who kills the client does not reach into the guest.
  return spawn(file, words, { stdio: stdio as 'pipe', env, detached: !tty })
}

/** A program in the guest has what the container was given, and no more. */
function limited({ capabilities }: Guest, init: number): readonly string[] {
  if (capabilities === 'all') return []
  if (!existsSync(`/proc/${init}/root/usr/bin/setpriv`)) throw new Error('lab: not emulated: exec without setpriv')
  return ['/usr/bin/setpriv', '--bounding-set', boundingSet(capabilities), '--']
}

/** Processes of the guest: those in the namespace of its PID 1. */
export function processesOf(init: number): readonly number[] {
  const own = readLink(`/proc/${init}/ns/pid`)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && own !== undefined && readLink(`/proc/${name}/ns/pid`) === own)
    .map(Number)
}

/** Bytes that have come in and gone out through eth0. */
export function networkBytes(init: number): { networkRxBytes?: number; networkTxBytes?: number } {
  const [, line] = /^\s*eth0:\s*(.*)$/m.exec(readFileSync(`/proc/${init}/net/dev`, 'utf8')) ?? []
  const numbers = line?.split(/\s+/).map(Number)
  return numbers === undefined ? {} : { networkRxBytes: numbers[0] ?? 0, networkTxBytes: numbers[8] ?? 0 }
}

/** A process that waits for a disk ends when it has it; what takes longer never will. */
const uninterruptibleMs = 60_000

/** Asks PID 1 to end, and kills it when its time is over. @throws when even that does not end it. */
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
    if (performance.now() > end + uninterruptibleMs)
      throw new Error(`init of ${guest.folder}, process ${init}, does not end ${uninterruptibleMs} ms after SIGKILL`)
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
