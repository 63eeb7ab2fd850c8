/**
 * Listens in on a node session, writes down its requests, and spoils chosen ones. It knows the frames (src/guest/session.sh) and
 * nothing of what the programs in them do: a program is named by the digest of its text.
 */
import { createHash } from 'node:crypto'
import type { ChildProcess } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { countOnce } from './faults.ts'
import { withLock } from './lock.ts'
import type { LabFiles } from './state.ts'

/** What becomes of a request. */
export type SessionEffect =
  /** It is not run, and the answer is exit code 1. */
  | 'fail'
  /** The session is lost as soon as the request has arrived: what was begun goes on in the guest. */
  | 'lose'
  /** It is run, and no answer ever comes. */
  | 'silent'
  /** It is run, half of the answer comes, then the session is lost. */
  | 'half'

export interface SessionFault {
  readonly node: string
  readonly program: string
  /** The first of the requests like this that it happens to. */
  readonly nth: number
  readonly times: number
  readonly do: SessionEffect
  /** What a request that fails says on stderr. */
  readonly says?: string
  /** Of a simulated guest: it is lost when this path is there, so that what is half made is known. */
  readonly whenThere?: string
}

/** One line of the file that LAB_SESSION_LOG names. */
export interface SessionRequest {
  readonly node: string
  readonly program: string
}

export function programDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** A program that becomes another on its way into a node. */
export interface Exchange {
  readonly program: string
  readonly text: string
}

/** The text that goes into the node for this one. */
export function exchanged(text: string): string {
  const exchanges = JSON.parse(process.env['LAB_EXCHANGES'] ?? '[]') as readonly Exchange[]
  return exchanges.find(({ program }) => program === programDigest(text))?.text ?? text
}

export function isTapped(argv: readonly string[]): boolean {
  const { LAB_SESSION_LOG, LAB_SESSION_FAULTS, LAB_EXCHANGES } = process.env
  return argv.includes('kina-session') && Boolean(LAB_SESSION_LOG ?? LAB_SESSION_FAULTS ?? LAB_EXCHANGES)
}

/** Stands between the client's streams and those of the agent. @param mark begins every answer. */
export function tap(child: ChildProcess, files: LabFiles, node: string, mark: string): void {
  const faults = JSON.parse(process.env['LAB_SESSION_FAULTS'] ?? '[]') as readonly SessionFault[]
  const { stdin: toAgent, stdout: fromAgent } = child
  if (!toAgent || !fromAgent) throw new Error('a session without streams')
  let spoiling: SessionEffect | undefined
  let heard: Buffer = Buffer.alloc(0)
  let said: Buffer = Buffer.alloc(0)

  const leave = (last: Uint8Array = new Uint8Array()): void => {
    process.stdout.write(last, () => process.exit(137))
  }

  async function leaveInTime(path: string | undefined): Promise<void> {
    const isThere = (): boolean => path === undefined || existsSync(join(files.root, 'guests', node, 'root', path))
    while (!isThere()) await new Promise((done) => setTimeout(done, 5))
    leave()
  }

  async function faultOn(program: string): Promise<SessionFault | undefined> {
    return await withLock(join(files.root, 'faults.lock'), () => {
      const log = process.env['LAB_SESSION_LOG']
      if (log) appendFileSync(log, `${JSON.stringify({ node, program } satisfies SessionRequest)}\n`)
      const fault = faults.find((its) => its.node === node && its.program === program)
      if (!fault) return undefined
      const count = countOnce(join(files.root, `session-${programDigest(JSON.stringify(fault))}.count`))
      return count >= fault.nth && count < fault.nth + fault.times ? fault : undefined
    })
  }

  async function pass(request: Buffer, id: string, script: string): Promise<void> {
    const fault = await faultOn(programDigest(script))
    spoiling = fault?.do
    if (spoiling === 'fail') {
      const text = `${fault?.says ?? 'lab: spoiled'}\n`
      process.stdout.write(`${mark} ${id} 1 0 ${text.length} exited\n${text}`)
      return
    }
    toAgent?.write(request, () => {
      if (spoiling === 'lose') void leaveInTime(fault?.whenThere)
    })
  }

  // One request at a time: the next comes when the answer to this one has gone.
  process.stdin.on('data', (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk])
    const end = heard.indexOf('\n')
    if (end < 0) return
    const [id = '', , ...sizes] = heard.subarray(0, end).toString().split(' ')
    const [script = 0, ...others] = sizes.map(Number)
    const whole = end + 1 + others.reduce((sum, size) => sum + size, script)
    if (heard.length < whole) return
    const text = heard.subarray(end + 1, end + 1 + script).toString()
    const head = heard.subarray(0, end).toString().split(' ')
    head[2] = String(Buffer.byteLength(exchanged(text)))
    const rest = heard.subarray(end + 1 + script, whole)
    const request = Buffer.concat([Buffer.from(`${head.join(' ')}\n${exchanged(text)}`), rest])
    heard = heard.subarray(whole)
    void pass(request, id, text)
  })
  process.stdin.on('end', () => toAgent.end())

  fromAgent.on('data', (chunk: Buffer) => {
    if (spoiling === 'silent' || spoiling === 'lose') return
    if (spoiling !== 'half') {
      process.stdout.write(chunk)
      return
    }
    said = Buffer.concat([said, chunk])
    const end = said.indexOf('\n')
    const [, , , out = 0, err = 0] = said.subarray(0, Math.max(end, 0)).toString().split(' ').map(Number)
    const whole = end + 1 + out + err
    if (end >= 0 && said.length >= whole) leave(said.subarray(0, Math.floor(whole / 2)))
  })
}
