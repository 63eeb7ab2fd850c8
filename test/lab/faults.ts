import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { withLock } from './lock.ts'
import type { LabFiles } from './state.ts'

/** What a fault does, in this order. */
export interface FaultEffect {
  /** SIGKILL to whoever called. */
  readonly endCaller?: boolean
  /** The client never answers; or the service never does, with its lock held until `system stop`. */
  readonly hang?: 'client' | 'service'
  /** The service goes down, and all guests with it. */
  readonly loseService?: boolean
  readonly fail?: { readonly message: string; readonly code?: number }
  /** The client has given up with these words, and the service does the work all the same. */
  readonly failAfter?: { readonly message: string; readonly code?: number }
  /** Milliseconds inside the service's lock. */
  readonly slowMs?: number
  /** The work is done, and stdout says something else: nonsense, or what a release before 1.0.0 would have said. */
  readonly answer?: 'garbage' | 'older'
  /** The client is killed: before the service has done its work, which it still does, or after it. */
  readonly die?: 'before' | 'after'
}

interface Fault {
  /** Number of the call over the life of the lab, from 1. */
  readonly at?: number
  /** Its first words, these and no others: `list` is not `image list`. */
  readonly command?: readonly string[]
  /** Words that the call must have, in this order; one that ends with * stands for its beginning. */
  readonly matches?: readonly string[]
  /** The first of the calls like this that it happens to, default 1. */
  readonly nth?: number
  /** How often it happens from then on, default once. */
  readonly times?: number
  readonly do: FaultEffect
}

/** The fault that this call meets, if any. LAB_FAULTS is a JSON list, or the path of a file with one. */
export async function faultFor(
  files: LabFiles,
  call: number,
  argv: readonly string[],
): Promise<FaultEffect | undefined> {
  const text = process.env['LAB_FAULTS']
  if (!text) return undefined
  const faults = JSON.parse(text.startsWith('/') ? readFileSync(text, 'utf8') : text) as readonly Fault[]
  // Calls run side by side, and each of them counts.
  return await withLock(join(files.root, 'faults.lock'), () => {
    for (const fault of faults) {
      const { at, command, nth = 1, times = 1 } = fault
      if (at !== undefined && at !== call) continue
      if (command?.some((word, index) => word !== argv[index])) continue
      if (fault.matches !== undefined && !matches(fault.matches, argv)) continue
      const count = countOnce(countPath(files, fault))
      if (count >= nth && count < nth + times) return fault.do
    }
    return undefined
  })
}

function matches(words: readonly string[], argv: readonly string[]): boolean {
  let at = 0
  for (const word of argv) {
    const wanted = words[at]
    if (wanted !== undefined && (word === wanted || (wanted.endsWith('*') && word.startsWith(wanted.slice(0, -1)))))
      at++
  }
  return at === words.length
}

/** A fault is known again by what it says, not by its place in a list: another call may bring another list. */
function countPath({ root }: LabFiles, fault: Fault): string {
  const digest = createHash('sha256').update(JSON.stringify(fault)).digest('hex')
  return join(root, `fault-${digest.slice(0, 16)}.count`)
}

/** @returns how often this has been asked for the file, this time included. */
export function countOnce(path: string): number {
  const count = (existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0) + 1
  writeFileSync(path, String(count))
  return count
}
