import { constants } from 'node:os'
import type { Writable } from 'node:stream'
import process from 'node:process'
import { NoSuchProgram } from '../backend.ts'
import type { Call } from '../call.ts'
import { chooseBackend, guestOf } from '../choose-backend.ts'
import { processFlags } from '../create-options.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { parse } from '../grammar.ts'
import { withLock } from '../lock.ts'
import { container } from '../state.ts'
import { childrenOf } from '../guest-process.ts'
import { exchanged, isTapped, tap } from '../session-tap.ts'

export async function exec(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse(
    {
      name: 'exec',
      words: ['container-id', 'arguments...'],
      capturesRest: true,
      flags: [...processFlags, { long: 'detach', short: 'd' }],
    },
    argv,
  )
  const [id = '', ...command] = parsed.words
  if (command.length === 0) throw new UsageFailure("Missing expected argument '<arguments> ...'", 'exec')
  if (parsed.has('detach')) throw new Failure('lab: not emulated: exec --detach', 70)
  const state = container(call.files, id)
  if (!state) throw new Failure(`get failed: container ${id} not found`)
  const backend = await chooseBackend()
  const guest = guestOf(call.files, state)
  if (!backend.isRunning(guest)) throw new Failure(`container ${id} is not running`)
  const isTty = parsed.has('tty')
  // Appended, not merged: of two values for one key programs see the first.
  const environment = [
    ...state.environment,
    ...parsed.values('env').map((entry) => (entry.includes('=') ? entry : `${entry}=${process.env[entry] ?? ''}`)),
  ]
  const child = await withLock(call.files.serviceLock, async () => {
    if (call.fault?.slowMs) await new Promise((done) => setTimeout(done, call.fault?.slowMs))
    try {
      return backend.exec(guest, {
        argv: command.map(exchanged),
        environment,
        workdir: parsed.value('workdir') ?? parsed.value('cwd') ?? state.workingDirectory,
        tty: isTty,
        interactive: parsed.has('interactive'),
      })
    } catch (error) {
      if (!(error instanceof NoSuchProgram)) throw error
      throw new Failure(
        `failed to start process ${crypto.randomUUID()} in container ${id} (cause: "internalError: "failed to find target executable ${error.message}"")`,
      )
    }
  })
  if (isTapped(command)) {
    child.stderr?.pipe(process.stderr)
    tap(child, call.files, id, command.at(-1) ?? '')
  } else if (!isTty) {
    if (call.fault?.answer === 'garbage') {
      call.out('')
      child.stdout?.resume()
    } else child.stdout?.pipe(process.stdout)
    child.stderr?.pipe(process.stderr)
    if (parsed.has('interactive') && child.stdin) {
      child.stdin.on('error', () => undefined)
      // It ends with the process in the guest, wherever it is then.
      void passStdin(child.stdin).catch(() => undefined)
    }
  }
  // What the client is told to pass on goes to the process in the guest, of which nsenter is only the parent.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGUSR2'] as const) {
    process.on(signal, () => {
      for (const pid of childrenOf(child.pid ?? 0)) process.kill(pid, signal)
    })
  }
  if (call.fault?.die === 'after') {
    await new Promise((done) => setTimeout(done, 50))
    process.kill(process.pid, 'SIGKILL')
  }
  const exitCode = await new Promise<number>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
  process.stdin.destroy()
  return exitCode
}

/**
 * Gives a guest's process what the client is given. Not by `process.stdin.pipe`: under Bun 1.4.5 its end was never told in about one
 * of a hundred and fifty runs with a reader that is slow.
 */
async function passStdin(into: Writable): Promise<void> {
  let wake: (() => void) | undefined
  for (const event of ['drain', 'close']) into.on(event, () => wake?.())
  for await (const piece of process.stdin) {
    if (into.destroyed) return
    if (into.write(piece)) continue
    await new Promise<void>((done) => {
      wake = done
    })
  }
  into.end()
}
