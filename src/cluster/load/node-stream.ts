import { KinaError } from '../../errors.ts'
import type { OpenChild } from '../../host/host.ts'

/** A program in a node that reads from kina. Its failure is kept until the end, so that other nodes go on. */
export interface NodeStream {
  readonly node: string
  /** Resolves when the node can take more, or will take nothing any more. */
  write(piece: Uint8Array): Promise<void>
  /** Ends the input and waits for the program. @returns why it failed, undefined when it did not. */
  finish(): Promise<KinaError | undefined>
  /** Cuts the input off; the program is given a moment to clear up. */
  abort(): Promise<void>
}

/** A program that has lost its input clears up within this time. */
const patienceMs = 10_000

export function nodeStream(node: string, child: OpenChild): NodeStream {
  let stderr = ''
  let isOver = false
  let wake: (() => void) | undefined
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4096)
  })
  child.stdout.resume()
  child.stdin.on('drain', () => wake?.())
  child.stdin.on('close', () => wake?.())
  void child.exited.then(() => {
    isOver = true
    wake?.()
  })
  return {
    node,
    async write(piece) {
      if (isOver || child.stdin.destroyed || child.stdin.write(piece)) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      wake = undefined
    },
    async finish() {
      child.stdin.end()
      const { exitCode } = await child.exited
      if (exitCode === 0) return undefined
      return new KinaError('node-command-failed', `Cannot load images into "${node}": exit code ${exitCode}`, {
        seen: stderr.trim().split('\n').filter(Boolean).slice(-10),
        hint: `See the log of containerd there: kina exec ${node} -- journalctl --unit=containerd`,
      })
    },
    async abort() {
      child.stdin.end()
      const timer = setTimeout(() => void child.end(), patienceMs)
      await child.exited
      clearTimeout(timer)
    },
  }
}
