import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { startTimeOf } from '../live-process.ts'

/** Outside the repository, so that a clean checkout finds what an earlier one has built. */
const cacheFolder =
  process.env['KINA_LAB_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kina-lab')

export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

/**
 * A folder made once for its key. It appears whole or not at all: it is made beside its place and renamed.
 * @param key everything that its content depends on.
 */
export async function cached(name: string, key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, `${name}-${key.slice(0, 16)}`)
  if (existsSync(folder)) return folder
  const started = performance.now()
  console.error(`lab: build ${name} ...`)
  await removeDeadDrafts(folder)
  const draft = `${folder}.${process.pid}.new`
  await mkdir(draft, { recursive: true })
  try {
    await make(draft)
    await rename(draft, folder).catch(async (error: unknown) => {
      // Somebody else was faster.
      if (!existsSync(folder)) throw error
      await rm(draft, { recursive: true, force: true })
    })
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  console.error(`lab: built ${name} (${((performance.now() - started) / 1000).toFixed(0)} s)`)
  return folder
}

/** What builds have left that were killed. */
async function removeDeadDrafts(folder: string): Promise<void> {
  for (const name of await readdir(cacheFolder).catch(() => [])) {
    const [, pid] = /^(\d+)\.new$/.exec(name.slice(basename(folder).length + 1)) ?? []
    if (!name.startsWith(`${basename(folder)}.`) || pid === undefined) continue
    if (Number(pid) === process.pid || startTimeOf(Number(pid)) === undefined)
      await rm(join(cacheFolder, name), { recursive: true, force: true })
  }
}
