import { storedName } from '../../apple-container/stored-name.ts'
import { KinaError } from '../../errors.ts'
import { connectStarting } from '../connect.ts'
import type { Kina } from '../kina.ts'
import type { NodeImageCache } from '../load-from-cache.ts'
import { provideNodeImage, shortened } from '../provide-node-image.ts'
import { findDisk, pruneDisks, touchDisk, type PreparedDisk } from './disk-folder.ts'
import { diskId, manifestFor } from './disk-id.ts'
import { makeDisk } from './make-disk.ts'

interface Wanted {
  /** Node images, full references. */
  readonly images: readonly string[]
  readonly platform: string
  readonly imageCache: NodeImageCache | undefined
  /** Where prepared disks are kept. */
  readonly folder: string
  /** What they may take there. */
  readonly maxBytes: number
}

interface Warmed {
  readonly disk: PreparedDisk
  /** False: it was there. */
  readonly isNew: boolean
}

/**
 * Every node image has a prepared disk; others go where there are too many.
 * @throws KinaError as `makeDisk`, and `image-unavailable`.
 */
export async function warm(kina: Kina, { images, platform, imageCache, folder, maxBytes }: Wanted) {
  const { host, report, signal } = kina
  const apple = await connectStarting(kina)
  const warmed: Warmed[] = []
  for (const image of images) {
    const inspect = async (): Promise<string | undefined> =>
      manifestFor(await apple.inspectImage(storedName(image), { signal }), platform)
    let manifest = await inspect()
    if (manifest === undefined) {
      await provideNodeImage({ kina, apple, imageCache, platform, signal }, image)
      manifest = await inspect()
    }
    if (manifest === undefined) {
      throw new KinaError(
        'image-unavailable',
        `Cannot prepare a disk of "${image}": container has none for ${platform}`,
      )
    }
    const id = diskId({ manifest, platform })
    const there = await findDisk(host, folder, id)
    if (there) {
      await touchDisk(host, folder, id)
      warmed.push({ disk: there, isNew: false })
      continue
    }
    report({ kind: 'notice', message: `Prepare a disk of ${shortened(image)} ...` })
    warmed.push({ disk: await makeDisk(kina, { apple, folder, id, image, platform }), isNew: true })
  }
  for (const { image } of await pruneDisks(host, folder, maxBytes))
    report({ kind: 'notice', message: `Removed the prepared disk of ${shortened(image)}, not used for longest` })
  return warmed
}
