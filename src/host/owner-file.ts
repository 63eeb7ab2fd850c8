import { KinaError, type ErrorCode } from '../errors.ts'
import type { Files, Platform, Processes } from './host.ts'

/** Who holds something, as its file says. A process is known by its number and its start time together. */
export interface Owner {
  readonly pid: number
  /** Tells the process from a later one with the same number. */
  readonly startTime: string
  readonly run: string
  readonly command: string
  /** Process groups of children, with the start time of each leader. */
  readonly children: readonly { readonly pid: number; readonly startTime: string }[]
}

interface Machine {
  readonly files: Files
  readonly processes: Processes
}

type Taken =
  | { readonly isTaken: true; /** A dead owner's place was taken. */ readonly tookOver: boolean }
  | { readonly isTaken: false; readonly owner: Owner }

/** This process as an owner. @param children a list that may grow; see `rewriteOwnerFile`. */
export async function thisProcess(
  { processes, platform: { pid } }: Machine & { readonly platform: Pick<Platform, 'pid'> },
  { run, command }: { readonly run: string; readonly command: string },
  children: Owner['children'] = [],
): Promise<Owner> {
  return { pid, startTime: (await processes.startTime(pid)) ?? '', run, command, children }
}

/**
 * Puts the owner's file into place: linked from a complete one, so that it is never seen half-written.
 *
 * A dead owner's file is replaced under a guard, an owner file that is taken in the same way and is named after the dead run:
 * whoever holds it looks once more, and nobody else can have changed the file from then on. So there is no moment without a
 * file in which a third could come in, and a living owner's file is never moved. The dead owner's children are ended first.
 */
export async function takeOwnerFile(machine: Machine, path: string, own: Owner): Promise<Taken> {
  const { files } = machine
  const draft = await writeDraft(machine, path, own)
  try {
    while (!(await files.link(draft, path))) {
      const found = await files.read(path)
      // Let go in the meantime.
      if (found === undefined) continue
      const owner = parseOwner(found)
      if (owner && (await isAlive(machine, owner))) return { isTaken: false, owner }
      const guard = `${path}.after-${owner?.run ?? 'unreadable'}`
      const guarded = await takeOwnerFile(machine, guard, own)
      if (!guarded.isTaken) return guarded
      try {
        if ((await files.read(path)) !== found) continue
        if (owner) await endChildrenOf(machine, owner)
        await files.rename(draft, path)
        return { isTaken: true, tookOver: true }
      } finally {
        await files.remove(guard)
      }
    }
    return { isTaken: true, tookOver: false }
  } finally {
    await files.remove(draft)
  }
}

/** Who holds the file, and whether that process still runs. Undefined when nobody that can be read does. */
export async function ownerOf(
  machine: Machine,
  path: string,
): Promise<{ readonly owner: Owner; readonly isAlive: boolean } | undefined> {
  const owner = parseOwner((await machine.files.read(path)) ?? '')
  return owner && { owner, isAlive: await isAlive(machine, owner) }
}

/** Ends the process groups that a dead owner has left behind. */
export async function endChildrenOf(machine: Machine, { children }: Owner): Promise<void> {
  for (const child of children) if (await isAlive(machine, child)) await machine.processes.endGroup(child.pid)
}

/** Replaces the file that this owner holds, for instance after its children have changed. */
export async function rewriteOwnerFile(machine: Machine, path: string, own: Owner): Promise<void> {
  const draft = await writeDraft(machine, path, own)
  if (!(await machine.files.rename(draft, path))) await machine.files.remove(draft)
}

/** Drafts and guards behind the name of an owner file. */
const besides = /^(?:\.after-\w+)*(?:\.draft-(\d+)-(\w*)-[0-9a-f]+)?$/

/**
 * Removes what processes that were killed have left beside an owner file: drafts, which may be half-written and therefore name
 * their process, and guards of takeovers that did not come to their end. To be called by who holds the file.
 */
export async function sweepOwnerFiles(machine: Machine, path: string, own: Owner): Promise<void> {
  const { files } = machine
  const slash = path.lastIndexOf('/')
  const [folder, name] = [path.slice(0, slash), path.slice(slash + 1)]
  const found = (await files.list(folder)).filter((entry) => entry.startsWith(name) && entry !== name)
  // Guards of guards first.
  for (const entry of found.toSorted((a, b) => b.length - a.length)) {
    const [isOurs, pid, tag = ''] = besides.exec(entry.slice(name.length)) ?? []
    if (isOurs === undefined) continue
    const left = `${folder}/${entry}`
    if (pid !== undefined) {
      if (!(await isAliveByTag(machine, `${pid}-${tag}`))) await files.remove(left)
      continue
    }
    const text = await files.read(left)
    const owner = text === undefined ? undefined : parseOwner(text)
    if (text === undefined || (owner && (await isAlive(machine, owner)))) continue
    if ((await takeOwnerFile(machine, left, own)).isTaken) await files.remove(left)
  }
}

/** Name of a file that is being written for `path`. It says whose it is, since its content may never be complete. */
export function draftOf(path: string, owner: Pick<Owner, 'pid' | 'startTime'>, random: string): string {
  return `${path}.draft-${processTag(owner)}-${random}`
}

/** A process as part of a file name. */
export function processTag({ pid, startTime }: Pick<Owner, 'pid' | 'startTime'>): string {
  return `${pid}-${startTime.replace(/\W/g, '_')}`
}

/** Whether the process of such a name still runs. */
export async function isAliveByTag({ processes }: Machine, tag: string): Promise<boolean> {
  const pid = Number.parseInt(tag, 10)
  const startTime = await processes.startTime(pid)
  return startTime !== undefined && processTag({ pid, startTime }) === tag
}

/** Undefined for what no kina wrote. The run becomes part of a file name. */
function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner
    return /^\w+$/.test(owner.run) ? owner : undefined
  } catch {
    return undefined
  }
}

/** What the file system says when a folder cannot be written, apart from a full disk. */
const refusals = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']

/** How a failure of the file system says that there is no room. */
export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errnoOf(error))

/** A folder that cannot be written, or has no room, as a failure of kina; everything else as it was. */
export function asUnwritable(error: unknown, code: ErrorCode, message: string, hint: string): unknown {
  if (!isDiskFull(error) && !refusals.includes(errnoOf(error))) return error
  return new KinaError(code, message, { seen: [(error as Error).message], hint })
}

function errnoOf(error: unknown): string {
  return error instanceof KinaError ? '' : ((error as { code?: string }).code ?? '')
}

async function writeDraft({ files }: Machine, path: string, own: Owner): Promise<string> {
  const text = JSON.stringify(own)
  for (;;) {
    const draft = draftOf(path, own, randomPart())
    if (await files.createExclusively(draft, text)) return draft
  }
}

function randomPart(): string {
  return crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16) ?? '0'
}

async function isAlive({ processes }: Machine, { pid, startTime }: Pick<Owner, 'pid' | 'startTime'>): Promise<boolean> {
  return (await processes.startTime(pid)) === startTime
}
