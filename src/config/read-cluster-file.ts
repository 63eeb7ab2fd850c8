import * as v from 'valibot'
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Scalar,
} from 'yaml'
import { nearest } from './nearest.ts'
import type { Problem } from './problem.ts'
import { isNull, readBoolean, readInteger } from './scalars.ts'
import { clusterFile, type ClusterFile } from './schema.ts'

/** A file that was read: its values, what is wrong with it, and where each field is. */
export interface ReadFile {
  /** Undefined when problems keep it from being a cluster at all. */
  readonly file: ClusterFile | undefined
  readonly problems: readonly Problem[]
  /** `cluster.yaml:7:5` of a field, or of the nearest one above it that the file has. */
  locate(path: readonly (string | number)[]): string
}

type Schema = v.GenericSchema & {
  readonly type: string
  readonly wrapped?: Schema
  readonly entries?: Readonly<Record<string, Schema>>
  readonly item?: Schema
  readonly value?: Schema
  readonly literal?: string
}

/**
 * Reads the first document as kind's loader would, strictly, and goes on after a problem so that all are found.
 * @param source what the user calls the file, for places.
 */
export function readClusterFile(text: string, source: string): ReadFile {
  const lines = new LineCounter()
  const problems: Problem[] = []
  const offsets = new Map<string, number>()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${source}:${line}:${col}`
  }
  // Further documents are not looked at, as in kind; even a broken one is no problem.
  const [document, ...others] = parseAllDocuments(text, {
    lineCounter: lines,
    merge: true,
    strict: true,
    version: '1.2',
  })
  const hasMore = others.length > 0
  const locate = (path: readonly (string | number)[]): string => {
    for (let length = path.length; length > 0; length--) {
      const offset = offsets.get(JSON.stringify(path.slice(0, length)))
      if (offset !== undefined) return place(offset)
    }
    return place(0)
  }
  if (!document || !('contents' in document) || document.contents === null) {
    return { file: undefined, problems: [{ at: `${source}:1:1`, message: 'the file is empty' }], locate }
  }
  const end = document.range[2]
  for (const error of document.errors.filter(({ pos }) => pos[0] < end || !hasMore)) {
    problems.push({
      at: place(error.pos[0]),
      message: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '',
    })
  }
  if (problems.length > 0) return { file: undefined, problems, locate }

  const reader = new Reader(document, problems, offsets, place)
  const value = reader.read(document.contents as Node, clusterFile as unknown as Schema, [])
  const parsed = v.safeParse(clusterFile, value)
  if (!parsed.success) {
    for (const issue of parsed.issues) {
      const path = (issue.path ?? []).map(({ key }) => key as string | number)
      // What could not be read has been said already.
      if (reader.unread.has(JSON.stringify(path)) || reader.unread.has('[]')) continue
      problems.push({ at: locate(path), message: explainIssue(issue, path) })
    }
  }
  return { file: parsed.success && problems.length === 0 ? parsed.output : undefined, problems, locate }
}

/** Walks the nodes of the document beside the schema, so that a field's type decides how its scalar is read. */
class Reader {
  readonly unread = new Set<string>()
  readonly #document: Document
  readonly #problems: Problem[]
  readonly #offsets: Map<string, number>
  readonly #place: (offset: number) => string

  constructor(
    document: Document,
    problems: Problem[],
    offsets: Map<string, number>,
    place: (offset: number) => string,
  ) {
    this.#document = document
    this.#problems = problems
    this.#offsets = offsets
    this.#place = place
  }

  read(node: Node | null, wrapped: Schema, path: readonly (string | number)[]): unknown {
    const schema = unwrapped(wrapped)
    const target = isAlias(node) ? (node.resolve(this.#document) as Node | undefined) : node
    if (target && isScalar(target) && target.type === 'PLAIN' && isNull(target.source ?? '')) return undefined
    if (!target) return undefined
    switch (schema.type) {
      case 'strict_object':
        return this.#object(target, schema, path)
      case 'record':
        return this.#record(target, schema, path)
      case 'array':
        return this.#list(target, schema, path)
      default:
        return this.#scalar(target, schema, path)
    }
  }

  #object(node: Node, schema: Schema, path: readonly (string | number)[]): unknown {
    const found: Record<string, unknown> = {}
    const entries = schema.entries ?? {}
    for (const [key, value, offset] of this.#pairs(node, path, 'an object')) {
      const its = [...path, key]
      this.#offsets.set(JSON.stringify(its), offset)
      const field = Object.hasOwn(entries, key) ? entries[key] : undefined
      if (!field) {
        const meant = nearest(key, Object.keys(entries))
        this.#problem(
          offset,
          `unknown field "${joined(its)}"${meant === undefined ? '' : `, did you mean "${meant}"?`}`,
        )
        continue
      }
      const read = this.read(value, field, its)
      if (read !== undefined) found[key] = read
    }
    return found
  }

  #record(node: Node, schema: Schema, path: readonly (string | number)[]): unknown {
    const found: Record<string, unknown> = {}
    for (const [key, value, offset] of this.#pairs(node, path, 'an object')) {
      const its = [...path, key]
      this.#offsets.set(JSON.stringify(its), offset)
      // A field that is given without a value has the zero of its type, as in Go.
      const zero = unwrapped(schema.value as Schema).type === 'boolean' ? false : ''
      Object.defineProperty(found, key, {
        value: this.read(value, schema.value as Schema, its) ?? zero,
        enumerable: true,
      })
    }
    return found
  }

  #list(node: Node, schema: Schema, path: readonly (string | number)[]): unknown {
    if (!isSeq(node)) return this.#wrong(node, path, 'a list')
    return node.items.map((item, index) => {
      const its = [...path, index]
      this.#offsets.set(JSON.stringify(its), offsetOf(item as Node, node))
      const empty = unwrapped(schema.item as Schema).type === 'strict_object' ? {} : ''
      return this.read(item as Node, schema.item as Schema, its) ?? empty
    })
  }

  #scalar(node: Node, schema: Schema, path: readonly (string | number)[]): unknown {
    if (!isScalar(node)) return this.#wrong(node, path, named(schema.type))
    const isPlain = node.type === 'PLAIN'
    const source = sourceOf(node)
    if (schema.type === 'boolean')
      return (isPlain ? readBoolean(source) : undefined) ?? this.#wrong(node, path, 'true or false')
    if (schema.type === 'number') {
      const value = isPlain ? readInteger(source) : undefined
      return value !== undefined && Math.abs(value) < 2 ** 31 ? value : this.#wrong(node, path, 'an integer')
    }
    return source
  }

  /** Key, value and place of each entry; those of a merge key (`<<`) first, so that the map's own win. */
  #pairs(node: Node, path: readonly (string | number)[], expected: string): readonly [string, Node | null, number][] {
    if (!isMap(node)) {
      this.#wrong(node, path, expected)
      return []
    }
    type Pair = [string, Node | null, number]
    const own = new Map<string, Pair>()
    const merged = new Map<string, Pair>()
    for (const { key, value } of node.items) {
      if (key !== null && !isScalar(key)) {
        const is = isMap(key) ? 'an object' : 'a list'
        this.#problem(
          offsetOf(key as Node, node),
          `${placeOf(path)} has ${is} for the name of a field, expected a text`,
        )
        continue
      }
      const name = key === null ? '' : sourceOf(key)
      if (name === '<<') {
        const sources = isSeq(value) ? (value.items as Node[]) : [value as Node]
        for (const source of sources) {
          const target = isAlias(source) ? (source.resolve(this.#document) as Node | undefined) : source
          if (!target) continue
          // The first of several that have a field gives it (yaml.org/type/merge.html).
          for (const pair of this.#pairs(target, path, expected)) if (!merged.has(pair[0])) merged.set(pair[0], pair)
        }
        continue
      }
      own.set(name, [name, value as Node | null, offsetOf(key, node)])
    }
    return [...[...merged.values()].filter(([name]) => !own.has(name)), ...own.values()]
  }

  #wrong(node: Node, path: readonly (string | number)[], expected: string): undefined {
    this.unread.add(JSON.stringify(path))
    const is = isScalar(node) ? JSON.stringify(sourceOf(node)) : isMap(node) ? 'an object' : 'a list'
    this.#problem(offsetOf(node, node), `${placeOf(path)} is ${is}, expected ${expected}`)
    return undefined
  }

  #problem(offset: number, message: string): void {
    this.#problems.push({ at: this.#place(offset), message })
  }
}

function unwrapped(schema: Schema): Schema {
  return schema.type === 'optional' && schema.wrapped ? unwrapped(schema.wrapped) : schema
}

/** What was written: the source of a plain scalar (`007` stays `007`), the value of a quoted or block one. */
function sourceOf(node: Scalar): string {
  return node.type === 'PLAIN' ? (node.source ?? String(node.value)) : String(node.value)
}

function offsetOf(node: Node | null, around: Node): number {
  return node?.range?.[0] ?? around.range?.[0] ?? 0
}

function named(type: string): string {
  return type === 'boolean' ? 'true or false' : type === 'number' ? 'an integer' : 'a text'
}

function placeOf(path: readonly (string | number)[]): string {
  return path.length === 0 ? 'the document' : `"${joined(path)}"`
}

/** `nodes[0].extraMounts[1].hostPath` */
function joined(path: readonly (string | number)[]): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('')
}

function explainIssue(issue: v.BaseIssue<unknown>, path: readonly (string | number)[]): string {
  const field = path.length === 0 ? 'the document' : `"${joined(path)}"`
  if (issue.received === 'undefined') return `${field} is missing, expected ${JSON.stringify(headerOf(path))}`
  return `${field} is ${issue.received}, expected ${readable(issue.expected)}`
}

/** The only fields that a file must have say what it is. */
function headerOf([key]: readonly (string | number)[]): string {
  return key === 'kind' ? clusterFile.entries.kind.literal : clusterFile.entries.apiVersion.literal
}

function readable(expected: string | null): string {
  return (expected ?? 'another value')
    .replace(/^\(|\)$/g, '')
    .replace('"" | ', '')
    .replaceAll(' | ', ', ')
}
