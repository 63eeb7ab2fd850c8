import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { isAlive, startTimeOf, type LiveProcess } from './live-process.ts'

/** Takes a lock file, waiting for its owner; a dead owner's is taken over. Used for the state and for the service's one lock. */
export async function withLock<T>(path: string, work: () => Promise<T> | T, pollMs = 3): Promise<T> {
  const draft = `${path}.${process.pid}`
  const mine = JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) } satisfies LiveProcess)
  writeFileSync(draft, mine)
  try {
    for (;;) {
      try {
        linkSync(draft, path)
        break
      } catch (error) {
        if ((error as { code?: string }).code !== 'EEXIST') throw error
      }
      const owner = readOwner(path)
      if (owner && !isAlive(owner)) {
        const aside = `${path}.dead.${process.pid}`
        try {
          renameSync(path, aside)
          const moved = readOwner(aside)
          // Somebody may have taken it over in between; then it is given back.
          if (moved && isAlive(moved)) linkSync(aside, path)
          rmSync(aside, { force: true })
        } catch {
          // Another was faster.
        }
        continue
      }
      await new Promise((done) => setTimeout(done, pollMs))
    }
    try {
      return await work()
    } finally {
      rmSync(path, { force: true })
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

function readOwner(path: string): LiveProcess | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LiveProcess
  } catch {
    return undefined
  }
}
