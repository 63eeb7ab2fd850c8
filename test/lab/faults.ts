import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
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
  /** The client is killed: before the service has done its work, which it still does, or after it. */
  readonly die?: 'before' | 'after'
}

interface Fault {
  /** Number of the call over the life of the lab, from 1. */
  readonly at?: number
  /** Words that the call must have, in this order; one that ends with * stands for its beginning. */
  readonly matches?: readonly string[]
  /** How often it happens, default once. */
  readonly times?: number
  readonly do: FaultEffect
}

/** The fault that this call meets, if any. LAB_FAULTS is a JSON list, or the path of a file with one. */
export function faultFor(files: LabFiles, call: number, argv: readonly string[]): FaultEffect | undefined {
  const text = process.env['LAB_FAULTS']
  if (!text) return undefined
  const faults = JSON.parse(text.startsWith('/') ? readFileSync(text, 'utf8') : text) as readonly Fault[]
  const fault = faults.find(
    (its) =>
      (its.at === undefined || its.at === call) &&
      (its.matches === undefined || matches(its.matches, argv)) &&
      !isSpent(files, its),
  )
  if (!fault) return undefined
  const path = countPath(files, fault)
  writeFileSync(path, String(firedCount(path) + 1))
  return fault.do
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

function isSpent(files: LabFiles, fault: Fault): boolean {
  return firedCount(countPath(files, fault)) >= (fault.times ?? 1)
}

/** A fault is known again by what it says, not by its place in a list: another call may bring another list. */
function countPath({ root }: LabFiles, fault: Fault): string {
  const digest = createHash('sha256').update(JSON.stringify(fault)).digest('hex')
  return join(root, `fault-${digest.slice(0, 16)}.count`)
}

function firedCount(path: string): number {
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
}
