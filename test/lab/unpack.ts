import { chooseBackend } from './choose-backend.ts'
import { variantFor, type StoredImage } from './store/images.ts'
import { hostPlatform } from './store/platform.ts'

/** Pull and load unpack what they bring; the lab only what this machine can run. */
export async function unpackForBackend(root: string, image: StoredImage): Promise<void> {
  const variant = variantFor(root, image, hostPlatform())
  if (variant) await (await chooseBackend()).unpack(root, variant.digest)
}
