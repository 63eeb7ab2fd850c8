import { mounts } from './mounts.ts'
import { run } from './run.ts'

/**
 * What has been killed holds its mounts for a moment, and so does a guest of another lab that has begun while they were there, in
 * namespaces of its own; what holds them longer loses them from sight.
 */
const patienceMs = 60_000

/** Mounts below a folder, the innermost first; their loop devices go with them. */
export async function unmountBelow(folder: string): Promise<void> {
  await unmount((path) => path.startsWith(`${folder}/`))
}

/** A folder, when it is a mount. */
export async function unmountFolder(folder: string): Promise<void> {
  await unmount((path) => path === folder)
}

async function unmount(isMeant: (path: string) => boolean): Promise<void> {
  const end = performance.now() + patienceMs
  for (;;) {
    const mounted = mounts()
      .map(({ path }) => path)
      .filter(isMeant)
    if (mounted.length === 0) return
    for (const path of mounted.toReversed()) {
      const isLate = performance.now() > end
      await run('umount', ...(isLate ? ['--lazy'] : []), path).catch(() => new Promise((done) => setTimeout(done, 20)))
    }
  }
}
