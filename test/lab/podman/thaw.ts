import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { podman } from './run.ts'

const freezer = '/sys/fs/cgroup/freezer'
const everyMs = 50

/**
 * Runs work that waits until processes of a container have ended. What was frozen while its guest was killed cannot die, and keeps
 * the guest's PID 1, its mounts and podman's own process (cgroup v1; runc freezes a container while it makes it), so it is thawed
 * all the while.
 */
export async function thawing<T>(container: string, work: () => Promise<T>): Promise<T> {
  // Control groups are named by the id, which nobody knows any more once the container is removed.
  const id = existsSync(freezer) ? (await podman('inspect', '--format={{.Id}}', container).catch(() => '')).trim() : ''
  if (id === '') return await work()
  const timer = setInterval(() => thaw(id), everyMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

function thaw(id: string): void {
  for (const path of frozenBelow(id)) {
    try {
      writeFileSync(path, 'THAWED')
    } catch {
      // It has gone in the meantime.
    }
  }
}

function frozenBelow(id: string): readonly string[] {
  try {
    return readdirSync(freezer, { recursive: true, withFileTypes: true })
      .filter(({ name, parentPath }) => name === 'freezer.state' && parentPath.includes(id))
      .map(({ name, parentPath }) => join(parentPath, name))
  } catch {
    // A folder that was listed has gone while it was read.
    return []
  }
}
