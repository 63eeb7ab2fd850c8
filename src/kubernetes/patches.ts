import { applyPatch, type Operation } from 'rfc6902'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { KinaError } from '../errors.ts'

/** RFC 6902 patch with what it is for. */
interface KubeadmJsonPatch {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly patch: string
}

export interface PatchSet {
  readonly merge: readonly string[]
  readonly json6902: readonly KubeadmJsonPatch[]
}

type Value = null | boolean | number | string | Value[] | { [key: string]: Value }
type Document = { [key: string]: Value }

/**
 * Patches kubeadm's configuration.
 * @throws KinaError `invalid-config` when a patch cannot be read or applied.
 */
export function applyKubeadmPatches(text: string, sets: readonly PatchSet[]): string {
  return printed(patched(text, sets).map(withoutName))
}

/** The same for any documents of Kubernetes. @throws KinaError `invalid-config`. */
export function applyPatches(text: string, sets: readonly PatchSet[]): string {
  return printed(patched(text, sets))
}

/**
 * Applies patch sets in their order to every document that they match, merge patches before JSON patches, as kind does.
 * A merge patch matches by `kind` and, where it has one, `apiVersion`; a JSON patch by kind and, where given, group and version.
 */
function patched(text: string, sets: readonly PatchSet[]): readonly Document[] {
  let all = readDocuments(text, 'what is to be patched')
  for (const { merge, json6902 } of sets) {
    const merges = merge.flatMap((patch) => parseMergePatch(patch))
    all = all.map((document) =>
      merges
        .filter((patch) => mergeMatches(patch, document))
        .reduce<Document>((target, patch) => mergeInto(target, patch) as Document, document),
    )
    for (const patch of json6902) {
      const operations = parseJsonPatch(patch.patch)
      for (const document of all) if (jsonMatches(patch, document)) applyOperations(document, operations, patch.patch)
    }
  }
  return all
}

function printed(documents: readonly Document[]): string {
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n')
}

/** The documents of a merge patch. @throws KinaError `invalid-config`. */
export function parseMergePatch(text: string): readonly Document[] {
  const patches = readDocuments(text, 'a kubeadm patch')
  const nameless = patches.find(({ kind }) => typeof kind !== 'string' || kind === '')
  if (nameless) {
    throw new KinaError('invalid-config', 'Cannot use a kubeadm patch: it does not say the kind that it patches', {
      seen: text.trim().split('\n').slice(0, 5),
      hint: 'Begin it with a line such as "kind: ClusterConfiguration"',
    })
  }
  return patches
}

/** The operations of an RFC 6902 patch written as YAML or JSON. @throws KinaError `invalid-config`. */
export function parseJsonPatch(text: string): readonly Operation[] {
  const seen = text.trim().split('\n').slice(0, 5)
  let list: unknown
  try {
    list = withoutCircles(parse(text, { logLevel: 'error' }))
  } catch (error) {
    throw new KinaError('invalid-config', `Cannot read a JSON 6902 patch: ${firstLine(error)}`, { seen })
  }
  if (!Array.isArray(list) || !list.every(isOperation)) {
    throw new KinaError('invalid-config', 'Cannot read a JSON 6902 patch: it is not a list of operations', {
      seen,
      hint: 'Each needs "op" (add, remove, replace, move, copy, test) and "path", which begins with / or is empty; all but remove, move and copy need "value"',
    })
  }
  return list
}

/** Applies operations in place. @throws KinaError `invalid-config` on the first that fails. */
export function applyOperations(target: object, operations: readonly Operation[], text: string): void {
  let failure: Error | null | undefined
  try {
    failure = applyPatch(target, [...operations]).find((result) => result !== null)
  } catch (error) {
    // The library has no answer to an operation on the document itself.
    failure = error instanceof Error ? error : new Error(String(error))
  }
  if (failure) {
    throw new KinaError('invalid-config', `Cannot apply a JSON 6902 patch: ${failure.message}`, {
      seen: text.trim().split('\n').slice(0, 8),
    })
  }
}

/** RFC 7386: objects are merged, null removes, everything else replaces. */
export function mergeInto(target: Value | undefined, patch: Value): Value {
  if (!isObject(patch)) return patch
  const result: Document = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergeInto(result[key], value)
  }
  return result
}

function readDocuments(text: string, what: string): Document[] {
  const found: Document[] = []
  for (const document of parseAllDocuments(text, { logLevel: 'error' })) {
    let value: unknown
    try {
      const [error] = 'errors' in document ? document.errors : []
      if (error) throw error
      // Aliases are followed only here: to nothing, to too much, or to what they are in.
      value = withoutCircles(document.toJS())
    } catch (error) {
      throw new KinaError('invalid-config', `Cannot read ${what}: ${firstLine(error)}`, {
        seen: text.trim().split('\n').slice(0, 5),
        cause: error,
      })
    }
    if (value === null || value === undefined) continue
    if (!isObject(value as Value)) {
      throw new KinaError('invalid-config', `Cannot read ${what}: it is not a YAML object`, {
        seen: text.trim().split('\n').slice(0, 5),
      })
    }
    found.push(value as Document)
  }
  return found
}

/** @throws Error for a value that is part of itself, which an alias can make and no file of kubeadm can hold. */
function withoutCircles<T>(value: T, above: ReadonlySet<unknown> = new Set()): T {
  if (typeof value !== 'object' || value === null) return value
  if (above.has(value)) throw new Error('an alias stands in what it stands for')
  const all = new Set(above).add(value)
  for (const inner of Object.values(value)) withoutCircles(inner, all)
  return value
}

function mergeMatches(patch: Document, { kind, apiVersion }: Document): boolean {
  return patch['kind'] === kind && (patch['apiVersion'] === undefined || patch['apiVersion'] === apiVersion)
}

function jsonMatches({ group, version, kind }: KubeadmJsonPatch, document: Document): boolean {
  const [itsGroup = '', itsVersion = ''] = String(document['apiVersion']).split('/')
  return kind === document['kind'] && (group === '' || group === itsGroup) && (version === '' || version === itsVersion)
}

/** A patch may carry a name as every object of Kubernetes does; kubeadm refuses it. */
function withoutName(document: Document): Document {
  const metadata = document['metadata']
  if (metadata === undefined || !isObject(metadata)) return document
  const { name: _name, ...others } = metadata
  const { metadata: _metadata, ...rest } = document
  return Object.keys(others).length === 0 ? rest : { ...rest, metadata: others }
}

/** What has keys; a date of TOML is a value. */
function isObject(value: Value | undefined): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !((value as object) instanceof Date)
}

function isOperation(value: unknown): value is Operation {
  if (typeof value !== 'object' || value === null) return false
  const { op, path, from } = value as { op?: unknown; path?: unknown; from?: unknown }
  if (typeof op !== 'string' || !isPointer(path)) return false
  if (['add', 'replace', 'test'].includes(op)) return 'value' in value
  return op === 'remove' || ((op === 'move' || op === 'copy') && isPointer(from))
}

/** RFC 6901: empty, or parts that each begin with a slash. */
function isPointer(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || value.startsWith('/'))
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
