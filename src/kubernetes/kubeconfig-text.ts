import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  stringify,
  type Document,
  type Node,
  type Pair,
  YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { KinaError } from '../errors.ts'

/** Edits of a kubeconfig as text, at the ranges of the parsed YAML: everything else stays as its owner wrote it. */

/** How to take an entry out so that the file is as it was, kept in the entry itself. */
export interface Undo {
  /** Source of the former value of `current-context`. */
  previousContext?: string
  /** Top-level keys that were not there. */
  madeKeys?: string[]
  /** Source of former empty values (`null`, `~`, nothing) of top-level keys. */
  emptyValues?: Record<string, string>
  noFinalNewline?: boolean
  madeFile?: boolean
  /** All of a file that was there and had nothing but white space, as JSON: the YAML that is written next loses some of that. */
  emptyFile?: string
}

type Top = Pair<Node, Node | null>

/** Adds an entry to a top-level list, in the style that the list has. */
export function addItem(text: string, key: string, item: object, undo: Undo): string {
  const { map, pair } = locate(text, key)
  const json = JSON.stringify(item)
  if (!pair) {
    noteMade(undo, key)
    if (map.flow) return addFlowPair(text, map, `${JSON.stringify(key)}: [${json}]`)
    return appendLines(text, `${key}:\n${blockItem(item, '')}`, undo)
  }
  const { value } = pair
  if (isSeq(value)) {
    if (value.flow) return addFlowItem(text, value, json)
    return addBlockItem(text, value, item, undo)
  }
  if (value !== null && !(isScalar(value) && value.value === null)) throw notAKubeconfig(`"${key}" is no list`)
  const [from, to] = rangeOfValue(text, pair)
  undo.emptyValues = { ...undo.emptyValues, [key]: text.slice(from, to) }
  return splice(text, from, to, ` [${json}]`)
}

/** Removes the entry of this name from a top-level list, and the list where the entry had brought it. */
export function removeItem(text: string, key: string, name: string, undo: Undo): string {
  const { map, pair } = locate(text, key)
  if (!pair || !isSeq(pair.value)) return text
  const list = pair.value
  const index = list.items.findIndex((item) => isMap(item) && item.get('name') === name)
  const item = list.items[index]
  if (!isMap(item)) return text
  if (list.items.length === 1) {
    if (undo.madeKeys?.includes(key)) return removePair(text, map, pair)
    const empty = undo.emptyValues?.[key]
    if (empty !== undefined) return splice(text, afterColon(text, pair), rangeOf(list)[1], empty)
    if (!list.flow) return splice(text, afterColon(text, pair), endOfContent(text, rangeOf(list)[1]), ' []')
  }
  const [from, to] = rangeOf(item)
  if (!list.flow) return splice(text, startOfLine(text, from), startOfNextLine(text, to), '')
  const before = list.items[index - 1] as Node | undefined
  const after = list.items[index + 1] as Node | undefined
  if (before) return splice(text, rangeOf(before)[1], to, '')
  return splice(text, from, after ? rangeOf(after)[0] : to, '')
}

export function findItem(text: string, key: string, name: string): unknown {
  const { pair } = locate(text, key)
  if (!pair || !isSeq(pair.value)) return undefined
  const item = pair.value.items.find((entry) => isMap(entry) && entry.get('name') === name)
  return isMap(item) ? item.toJSON() : undefined
}

/** Replaces an object that is there, found by keys and indices; as JSON, which every style can hold. */
export function replaceObject(text: string, path: readonly [string, ...(string | number)[]], value: object): string {
  const node = locate(text, path[0]).map.getIn(path, true) as Node
  const [from, to] = rangeOf(node)
  return splice(text, from, endOfContent(text, to), JSON.stringify(value))
}

export function listLength(text: string, key: string): number {
  const { pair } = locate(text, key)
  return pair && isSeq(pair.value) ? pair.value.items.length : 0
}

export function readCurrentContext(text: string): string | undefined {
  const { pair } = locate(text, 'current-context')
  return pair && isScalar(pair.value) && typeof pair.value.value === 'string' ? pair.value.value : undefined
}

export function setCurrentContext(text: string, name: string, undo: Undo): string {
  const key = 'current-context'
  const { map, pair } = locate(text, key)
  if (!pair) {
    noteMade(undo, key)
    if (map.flow) return addFlowPair(text, map, `${JSON.stringify(key)}: ${JSON.stringify(name)}`)
    return appendLines(text, `${key}: ${name}\n`, undo)
  }
  const [from, to] = rangeOfValue(text, pair)
  undo.previousContext = text.slice(from, to)
  return splice(text, from, to, map.flow ? ` ${JSON.stringify(name)}` : ` ${name}`)
}

export function restoreCurrentContext(text: string, undo: Undo, how: 'restore' | 'unset'): string {
  const { map, pair } = locate(text, 'current-context')
  if (!pair) return text
  if (how === 'restore' && undo.madeKeys?.includes('current-context')) return removePair(text, map, pair)
  const [from, to] = rangeOfValue(text, pair)
  return splice(text, from, to, undo.previousContext ?? ' ""')
}

function locate(text: string, key: string): { readonly map: YAMLMap; readonly pair: Top | undefined } {
  const document: Document = parseDocument(text, { uniqueKeys: true })
  const [error] = document.errors
  if (error) throw notAKubeconfig(error.message.split('\n')[0] ?? 'broken YAML')
  const map = isNothing(document.contents) ? new YAMLMap<Node, Node | null>() : document.contents
  if (!isMap(map)) throw notAKubeconfig('it is not a YAML object')
  const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key) as Top | undefined
  return { map, pair }
}

/** Comments alone, or a document marker: whatever is appended is the whole of it. */
function isNothing(contents: unknown): boolean {
  if (contents === null) return true
  if (!isScalar(contents) || contents.value !== null) return false
  const [from, to] = rangeOf(contents)
  return from === to
}

function notAKubeconfig(reason: string): KinaError {
  return new KinaError('kubeconfig-unwritable', `Cannot edit the kubeconfig: ${reason}`, {
    hint: 'Mend the file, or write to another one with --kubeconfig FILE',
  })
}

function noteMade(undo: Undo, key: string): void {
  if (!undo.madeKeys?.includes(key)) undo.madeKeys = [...(undo.madeKeys ?? []), key]
}

function rangeOf(node: Node): [number, number] {
  const [from, to] = node.range ?? [0, 0]
  return [from, to]
}

function afterColon(text: string, pair: Top): number {
  return text.indexOf(':', rangeOf(pair.key)[1]) + 1
}

/** From behind the colon to the end of a scalar: its white space is part of what comes back. */
function rangeOfValue(text: string, pair: Top): [number, number] {
  const from = afterColon(text, pair)
  const [begin, end] = pair.value ? rangeOf(pair.value) : [from, from]
  // A value that is not written has a range without length, wherever the parser puts it.
  return [from, end > begin ? end : from]
}

function addFlowItem(text: string, list: YAMLSeq, json: string): string {
  const last = list.items.at(-1) as Node | undefined
  return last
    ? splice(text, rangeOf(last)[1], rangeOf(last)[1], `, ${json}`)
    : splice(text, rangeOf(list)[0] + 1, rangeOf(list)[0] + 1, json)
}

function addFlowPair(text: string, map: YAMLMap, pair: string): string {
  const last = map.items.at(-1) as Top | undefined
  const at = last ? rangeOf((last.value ?? last.key) as Node)[1] : rangeOf(map)[0] + 1
  return splice(text, at, at, last ? `, ${pair}` : pair)
}

function addBlockItem(text: string, list: YAMLSeq, item: object, undo: Undo): string {
  const indent = ' '.repeat(rangeOf(list)[0] - startOfLine(text, rangeOf(list)[0]))
  const last = list.items.at(-1) as Node
  const end = rangeOf(last)[1]
  // The end of an item may be the start of the next line already.
  const at = end > 0 && text[end - 1] === '\n' ? end : startOfNextLine(text, end)
  const lines = withLineEndings(text, blockItem(item, indent))
  if (at > 0 && text[at - 1] === '\n') return splice(text, at, at, lines)
  undo.noFinalNewline = true
  return splice(text, at, at, `${newline(text)}${lines}`)
}

function blockItem(item: object, indent: string): string {
  return stringify([item], { lineWidth: 0, indentSeq: false })
    .split('\n')
    .map((line) => (line === '' ? line : indent + line))
    .join('\n')
}

function appendLines(text: string, lines: string, undo: Undo): string {
  const ending = withLineEndings(text, lines)
  if (text.endsWith('\n')) return text + ending
  undo.noFinalNewline = true
  return `${text}${newline(text)}${ending}`
}

function removePair(text: string, map: YAMLMap, pair: Top): string {
  const from = rangeOf(pair.key)[0]
  const to = rangeOf((pair.value ?? pair.key) as Node)[1]
  if (!map.flow) {
    const end = text[to - 1] === '\n' ? to : startOfNextLine(text, to)
    return splice(text, startOfLine(text, from), end, '')
  }
  const index = map.items.indexOf(pair)
  const before = map.items[index - 1] as Top | undefined
  const after = map.items[index + 1] as Top | undefined
  if (before) return splice(text, rangeOf((before.value ?? before.key) as Node)[1], to, '')
  return splice(text, from, after ? rangeOf(after.key)[0] : to, '')
}

function newline(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

function withLineEndings(text: string, lines: string): string {
  return lines.replaceAll('\n', newline(text))
}

function startOfLine(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** The end of a node without the line break that may belong to it. */
function endOfContent(text: string, at: number): number {
  return at - (/\r?\n$/.exec(text.slice(0, at))?.[0].length ?? 0)
}

function startOfNextLine(text: string, at: number): number {
  if (at > 0 && text[at - 1] === '\n') return at
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

function splice(text: string, from: number, to: number, instead: string): string {
  return text.slice(0, from) + instead + text.slice(to)
}
