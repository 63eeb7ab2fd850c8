import { parse, stringify } from 'yaml'
import { KinaError } from '../errors.ts'
import {
  addItem,
  findItem,
  listLength,
  readCurrentContext,
  removeItem,
  replaceObject,
  restoreCurrentContext,
  setCurrentContext,
  type Undo,
} from './kubeconfig-text.ts'

/** Certificates of an admin.conf, as PEM texts. */
export interface AdminCredentials {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

interface NamedEntry {
  readonly name: string
}

interface Kubeconfig {
  readonly clusters: readonly (NamedEntry & { readonly cluster: Record<string, string> })[]
  readonly users: readonly (NamedEntry & { readonly user: Record<string, string> })[]
}

interface Extension {
  readonly name?: string
  readonly extension?: Undo
}

/** Name of the extension in kina's own context entry that says how to take the entry out again. */
const extensionName = 'kina.dev/undo'

const lists = ['clusters', 'contexts', 'users'] as const

/**
 * The admin.conf of a node under the cluster's own names and with the address that its reader can use. What else kubeadm wrote
 * stays (`preferences: {}`, which Kubernetes 1.37 leaves away), and keys are in kind's order, the alphabet's.
 */
export function rewriteAdminConf(adminConf: string, contextName: string, server: string): string {
  const { clusters, users, ...others } = readKubeconfig(adminConf)
  const entries = {
    ...others,
    'clusters': [{ cluster: { ...clusters[0]?.cluster, server }, name: contextName }],
    'contexts': [{ context: { cluster: contextName, user: contextName }, name: contextName }],
    'current-context': contextName,
    'users': [{ name: contextName, user: users[0]?.user ?? {} }],
  }
  const sorted = Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return stringify(Object.fromEntries(sorted), { lineWidth: 0, indentSeq: false })
}

export function readAdminConf(adminConf: string): AdminCredentials {
  const { clusters, users } = readKubeconfig(adminConf)
  return {
    ca: decoded(clusters[0]?.cluster['certificate-authority-data']),
    cert: decoded(users[0]?.user['client-certificate-data']),
    key: decoded(users[0]?.user['client-key-data']),
  }
}

/**
 * Enters a kubeconfig of one cluster into the text of the user's file and makes it current. Nothing else is printed anew:
 * comments, order, unknown fields and style stay as they are.
 * @param text undefined when there is no file.
 * @throws KinaError `kubeconfig-unwritable` when the text is no kubeconfig.
 */
export function mergeKubeconfig(text: string | undefined, addition: string): string {
  const { clusters, users } = readKubeconfig(addition)
  const name = clusters[0]?.name ?? ''
  // A stale entry of the same name (a cluster that was removed by other means) gives way, and what it replaced is kept.
  const isStale = text !== undefined && text.trim() !== '' && hasContext(text, name)
  const base = isStale ? removeKubeconfig(text, name, 'restore') : text
  if (base === undefined || base.trim() === '') return newFile(addition, name, base)
  const undo: Undo = {}
  let result = addItem(base, 'clusters', { cluster: clusters[0]?.cluster, name }, undo)
  result = addItem(result, 'users', { name, user: users[0]?.user }, undo)
  // The extension is in the context entry, so the two edits that follow must be known before they are made.
  const withContext = (): string =>
    setCurrentContext(
      addItem(
        result,
        'contexts',
        {
          context: { cluster: name, extensions: [{ extension: undo, name: extensionName }], user: name },
          name,
        },
        undo,
      ),
      name,
      undo,
    )
  withContext()
  return withContext()
}

/**
 * Takes a cluster's entries out again. Where others of kina's stay, they take over how the file was before this one came: when the
 * last is taken out it is that, in whatever order they go.
 * @param current `restore`: the former current-context comes back while this one is still current; `unset`: as kind does.
 * @returns undefined when nothing is left of a file that kina made.
 */
export function removeKubeconfig(text: string, name: string, current: 'restore' | 'unset'): string | undefined {
  const undo = undoOf(text, name)
  let result = text
  if (readCurrentContext(result) === name) {
    result = restoreCurrentContext(result, current === 'restore' ? undo : {}, current)
  }
  for (const list of lists) result = removeItem(result, list, name, undo)
  if (lists.every((list) => listLength(result, list) === 0)) {
    if (undo.madeFile) return undefined
    if (undo.emptyFile !== undefined) return JSON.parse(undo.emptyFile) as string
  }
  const heirs = madeContexts(result)
  if (heirs.length > 0) return heirs.reduce((now, heir, at) => handOver(now, name, undo, heir, at === 0), result)
  return undo.noFinalNewline ? result.replace(/\r?\n$/, '') : result
}

/**
 * To an entry of kina's that stays, from one that has gone.
 * @param isFirst gets what is to be known of the file once; the former context is for each that came right behind the one that went.
 */
function handOver(text: string, from: string, undo: Undo, heir: string, isFirst: boolean): string {
  const { previousContext: before, madeKeys = [], emptyValues, ...ofFile } = undo
  const { previousContext, ...its } = undoOf(text, heir)
  const isNext = parsed(previousContext ?? '') === from
  const previous = isNext ? before : previousContext
  const keys = madeKeys.filter((key) => (key === 'current-context' ? isNext : isFirst))
  const next: Undo = {
    ...its,
    ...(isFirst ? { ...ofFile, emptyValues: { ...its.emptyValues, ...emptyValues } } : {}),
    ...(previous === undefined ? {} : { previousContext: previous }),
    madeKeys: [...new Set([...(its.madeKeys ?? []), ...keys])],
  }
  const { contexts } = parsed(text) as { readonly contexts: readonly (NamedEntry | null)[] }
  const at = contexts.findIndex((entry) => entry?.name === heir)
  const extension = extensionsIn(contexts[at]).findIndex((entry) => entry?.name === extensionName)
  return replaceObject(text, ['contexts', at, 'context', 'extensions', extension, 'extension'], next)
}

export function hasContext(text: string, name: string): boolean {
  return findItem(text, 'contexts', name) !== undefined
}

/** Whether the entry is one that kina made. */
export function isOwnContext(text: string, name: string): boolean {
  return extensionsIn(findItem(text, 'contexts', name)).some((its) => its?.name === extensionName)
}

/** Names of the contexts that kina entered, which say so in their extension. */
export function madeContexts(text: string): readonly string[] {
  const { contexts } = (parsed(text) ?? {}) as { contexts?: unknown }
  const entries = Array.isArray(contexts) ? (contexts as readonly (NamedEntry | null)[]) : []
  return entries.flatMap((entry) => entry?.name ?? []).filter((name) => isOwnContext(text, name))
}

/** @param before the white space that the file was, undefined when there was none. */
function newFile(addition: string, name: string, before: string | undefined): string {
  const config = parse(addition) as { contexts: [{ context: Record<string, unknown> }] } & Record<string, unknown>
  const undo: Undo = before === undefined ? { madeFile: true } : { emptyFile: JSON.stringify(before) }
  config.contexts[0].context = { cluster: name, extensions: [{ extension: undo, name: extensionName }], user: name }
  return stringify(config, { lineWidth: 0, indentSeq: false })
}

function undoOf(text: string, name: string): Undo {
  const extensions = extensionsIn(findItem(text, 'contexts', name))
  return extensions.find((its) => its?.name === extensionName)?.extension ?? {}
}

/** Of a context entry, which others may have written in whatever form. */
function extensionsIn(entry: unknown): readonly (Extension | null)[] {
  const list = (entry as { context?: { extensions?: unknown } } | undefined)?.context?.extensions
  return Array.isArray(list) ? list : []
}

function readKubeconfig(text: string): Kubeconfig {
  const config = parsed(text) as Partial<Kubeconfig> | undefined
  if (!config?.clusters?.[0] || !config.users?.[0]) {
    throw new KinaError('unexpected-answer', 'Cannot read the kubeconfig of the node: it has no cluster or no user')
  }
  return { ...config, clusters: config.clusters, users: config.users }
}

function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' })
  } catch {
    return undefined
  }
}

function decoded(base64: string | undefined): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64 ?? ''), (char) => char.charCodeAt(0)))
}
