import { fstatSync, statSync, writeSync } from 'node:fs'
import process from 'node:process'
import type { Terminal } from './host.ts'

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Touching `process.stdout` or `process.stderr` costs several times a whole start, so file descriptors are asked directly. */
function isTerminal(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor)
    // /dev/null is a character device as well, and nobody's terminal.
    return stat.isCharacterDevice() && stat.rdev !== statSync('/dev/null').rdev
  } catch {
    return false
  }
}

function writeAll(descriptor: number, text: string): void {
  let rest = new TextEncoder().encode(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest))
    } catch (error) {
      const { code } = error as { code?: string }
      // A reader that has gone wants nothing more.
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
      // A full pipe that its owner made non-blocking: give the reader a moment.
      Atomics.wait(pause, 0, 0, 2)
    }
  }
}

/** Asked only when somebody wants to know, since most commands do not. */
export function terminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  return {
    get stdinIsTerminal() {
      return isTerminal(0)
    },
    get stdoutIsTerminal() {
      return isTerminal(1)
    },
    get stderrIsTerminal() {
      return isTerminal(2)
    },
    get columns() {
      const told = Number(env['COLUMNS'])
      if (Number.isInteger(told) && told > 0) return told
      return (isTerminal(2) ? process.stderr.columns : undefined) || 80
    },
    writeStdout: (text) => writeAll(1, text),
    writeStderr: (text) => writeAll(2, text),
  }
}
