import { PassThrough } from 'node:stream'
import type { OpenChild } from '../../src/host/host.ts'

/** A child without a process: its streams are in the test's hands. */
export interface ScriptedChild extends OpenChild {
  /** What kina has written so far. */
  written(): string
  /** Says something on stdout. */
  say(text: string): void
  complain(text: string): void
  /** Ends as a process would. */
  exit(exitCode: number): void
  readonly wasEnded: () => boolean
}

export function childOfStreams(): ScriptedChild {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  let text = ''
  let ended = false
  stdin.on('data', (chunk: Uint8Array) => {
    text += new TextDecoder().decode(chunk)
  })
  const { promise: exited, resolve } = Promise.withResolvers<{ exitCode: number }>()
  stdin.on('end', () => resolve({ exitCode: 0 }))
  return {
    pid: 1,
    stdin,
    stdout,
    stderr,
    exited,
    end: () => {
      ended = true
      resolve({ exitCode: 143 })
      return Promise.resolve()
    },
    written: () => text,
    say: (said) => void stdout.write(said),
    complain: (said) => void stderr.write(said),
    exit: (exitCode) => resolve({ exitCode }),
    wasEnded: () => ended,
  }
}

/** Lets everything that is ready happen. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 20; round++) await new Promise((done) => setImmediate(done))
}
