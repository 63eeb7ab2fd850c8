import { readFile } from 'node:fs/promises'
import type { SessionRequest } from '../lab/session-tap.ts'
import { kindOf } from './call-kinds.ts'

/**
 * A call of a good run, by which the same call is found in another run: calls of several nodes are made side by side, so its place
 * among all calls is chance, and that among the calls of its kind about its node is not.
 */
export interface RecordedCall {
  /** `create`, `image list`, `session` for an exec that goes on, `exec` for one command. */
  readonly kind: string
  /** The node that it is about, empty where it is about none. */
  readonly node: string
  readonly nth: number
  /** How a fault of the lab names it. */
  readonly at: { readonly command: readonly string[]; readonly matches: readonly string[]; readonly nth: number }
}

/** In an order of their own, not in that of the run: what is chosen among them is the same each time. */
export function recordedCalls(calls: readonly (readonly string[])[]): readonly RecordedCall[] {
  const counts = new Map<string, number>()
  const recorded = calls.map((argv) => {
    const isSession = argv[0] === 'exec' && argv[1] === '-i'
    const kind = isSession ? 'session' : kindOf(argv)
    const command = isSession ? ['exec', '-i'] : kind.split(' ')
    const node = nodeOf(kind, argv.slice(command.length))
    const key = `${kind} ${node}`
    const nth = (counts.get(key) ?? 0) + 1
    counts.set(key, nth)
    const matches = node === '' ? [] : [kind === 'create' ? `--name=${node}` : node]
    return { kind, node, nth, at: { command, matches, nth } }
  })
  return inOrder(recorded, ({ kind, node, nth }) => `${kind} ${node} ${nth}`)
}

function inOrder<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

function nodeOf(kind: string, words: readonly string[]): string {
  if (kind === 'create') return words.find((word) => word.startsWith('--name='))?.slice('--name='.length) ?? ''
  if (!['start', 'session', 'exec', 'delete', 'logs'].includes(kind)) return ''
  return words.find((word) => !word.startsWith('-')) ?? ''
}

export function callName({ kind, node, nth }: Pick<RecordedCall, 'kind' | 'node' | 'nth'>): string {
  return `${kind}${node === '' ? '' : ` of ${node}`}${nth === 1 ? '' : `, time ${nth}`}`
}

/** A request of a node session, found again by its program, its node and how often that program has run there. */
export interface RecordedRequest extends SessionRequest {
  readonly nth: number
}

/** @param path what LAB_SESSION_LOG named during a good run. */
export async function recordedRequests(path: string): Promise<readonly RecordedRequest[]> {
  const counts = new Map<string, number>()
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  const recorded = lines.map((line): RecordedRequest => {
    const { node, program } = JSON.parse(line) as SessionRequest
    const nth = (counts.get(`${node} ${program}`) ?? 0) + 1
    counts.set(`${node} ${program}`, nth)
    return { node, program, nth }
  })
  return inOrder(recorded, ({ node, program, nth }) => `${program} ${node} ${nth}`)
}
