import { cpSync, existsSync, lstatSync, mkdirSync, readlinkSync, statSync, writeFileSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Call } from '../call.ts'
import { chooseBackend, guestOf } from '../choose-backend.ts'
import { Failure } from '../failure.ts'
import { parse } from '../grammar.ts'
import { container } from '../state.ts'

/** Reads and writes the root disk below all that is mounted in the guest: what lies under a mount is not what the guest sees. */
export async function cp(call: Call, argv: readonly string[]): Promise<number> {
  const [source = '', target = ''] = parse({ name: 'copy', words: ['source', 'destination'], flags: [] }, argv).words
  const [from, to] = [pathRef(source), pathRef(target)]
  if (from.id !== undefined && to.id !== undefined) throw new Failure('copying between containers is not supported')
  if (from.id === undefined && to.id === undefined)
    throw new Failure('one of source or destination must be a container reference (container_id:path)')
  if (from.id !== undefined) return await copyOut(call, from.id, from.path, to.path)
  return await copyIn(call, from.path, to.id ?? '', to.path)
}

interface PathRef {
  readonly id: string | undefined
  readonly path: string
}

function pathRef(text: string): PathRef {
  const parts = text.split(':')
  const [id = '', path = ''] = parts
  if (parts.length === 1) return { id: undefined, path: text }
  if (parts.length === 2 && id !== '' && path.startsWith('/')) return { id, path }
  throw new Failure(`invalid path given: ${text}`)
}

async function diskOf({ files }: Call, id: string): Promise<string> {
  const state = container(files, id)
  if (!state) throw new Failure(`get failed: container ${id} not found`)
  const backend = await chooseBackend()
  const guest = guestOf(files, state)
  if (!backend.isRunning(guest)) throw new Failure(`container ${id} is not running`)
  return backend.disk(guest)
}

/** A path of the guest on its disk, every link followed as the guest would; what does not exist yet stays as it is. */
function within(disk: string, path: string): string {
  let parts = path.split('/').filter(Boolean)
  let real = ''
  for (let steps = 0; parts.length > 0 && steps < 256; steps++) {
    const [part = '', ...rest] = parts
    parts = rest
    if (part === '.') continue
    if (part === '..') {
      real = dirname(real) === '.' ? '' : dirname(real)
      continue
    }
    const link = linkAt(join(disk, real, part))
    if (link === undefined) real = join(real, part)
    else {
      if (link.startsWith('/')) real = ''
      parts = [...link.split('/').filter(Boolean), ...parts]
    }
  }
  return join(disk, real)
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}

async function copyIn(call: Call, local: string, id: string, path: string): Promise<number> {
  const disk = await diskOf(call, id)
  const source = resolve(local)
  if (!existsSync(source)) throw new Failure(`source path does not exist: ${local}`)
  const isFolder = statSync(source).isDirectory()
  if (local.endsWith('/') && !isFolder) throw new Failure(`source path is not a directory: ${local}`)
  let target = within(disk, path)
  const there = existsSync(target) ? statSync(target) : undefined
  if (!there && path.endsWith('/') && !isFolder) throw new Failure(`destination directory does not exist: ${path}`)
  if (there?.isDirectory()) target = join(target, basename(source))
  else if (there && isFolder) throw new Failure(`cannot copy directory over existing file: ${path}`)
  mkdirSync(dirname(target), { recursive: true })
  if (isFolder) cpSync(source, target, { recursive: true, verbatimSymlinks: true })
  // The bit that makes it a program is lost on the way.
  else writeFileSync(target, readFileSync(source), { mode: 0o644 })
  if (call.release.copySaysWhere) call.out(`${id}:${path}${path.endsWith('/') ? basename(source) : ''}\n`)
  return 0
}

async function copyOut(call: Call, id: string, path: string, local: string): Promise<number> {
  const disk = await diskOf(call, id)
  const source = within(disk, path)
  if (!existsSync(source)) throw new Failure(`copy: path not found '${path}'`)
  let target = resolve(local)
  if (existsSync(target) && statSync(target).isDirectory()) target = join(target, basename(path))
  else if (local.endsWith('/') && !statSync(source).isDirectory())
    throw new Failure(`destination is not a directory: ${local}`)
  cpSync(source, target, { recursive: true, verbatimSymlinks: true })
  if (call.release.copySaysWhere) call.out(`${target}\n`)
  return 0
}
