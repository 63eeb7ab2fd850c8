import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import type { Kina } from './kina.ts'

/** A node writes about this much while it becomes Ready: unpacked images, etcd, logs. */
const enoughBytes = 2 * 1024 ** 3

/** A guest sees an empty disk of its own whatever the host has, and a full host shows as I/O errors in it: so it is said before. */
export async function warnOfLittleRoom({ host, report, signal }: Kina, apple: AppleContainer): Promise<void> {
  const folder = await apple.dataFolder({ signal }).catch((error: unknown) => {
    // Only advice depends on the answer; whatever is wrong shows in the calls that follow.
    if (error instanceof KinaError && !signal.aborted) return ''
    throw error
  })
  const free = folder === '' ? undefined : await host.files.freeBytes(folder)
  if (free === undefined || free >= enoughBytes) return
  report({
    kind: 'warning',
    message: `The disk with the data of container (${folder}) has ${Math.round(free / 1024 ** 2)} MiB free, a node needs about 2 GiB`,
    hint: 'Free some space: on a full disk nodes fail with I/O errors',
  })
}
