import { fstatSync, statSync, writeSync } from 'node:fs'
import type { Terminal } from './host.ts'

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
      // A full pipe that its owner made non-blocking: try again. A reader that has gone wants nothing more.
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
    }
  }
}

export function terminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  const columns = Number(env['COLUMNS'])
  return {
    stdinIsTerminal: isTerminal(0),
    stdoutIsTerminal: isTerminal(1),
    stderrIsTerminal: isTerminal(2),
    columns: Number.isInteger(columns) && columns > 0 ? columns : 80,
    writeStdout: (text) => writeAll(1, text),
    writeStderr: (text) => writeAll(2, text),
  }
}
