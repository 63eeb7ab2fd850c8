import type { Kina } from '../cluster/kina.ts'
import { pullImages } from '../images/pull-images.ts'
import type { Pulled } from '../images/pull-image.ts'
import { cacheSettings, openCache } from './open-cache.ts'
import { bytesText } from './render/bytes.ts'

/** @param references in full form. */
export async function pullIntoCache(
  kina: Kina,
  references: readonly string[],
  { platform, maxSize }: { readonly platform: string; readonly maxSize: string | undefined },
): Promise<readonly Pulled[]> {
  const { host, report, deadlines, timeoutScale } = kina
  const { maxBytes, mirrors } = cacheSettings(kina, maxSize)
  const store = await openCache(kina, 'cache pull')
  const wanted = references.map((reference) => ({ reference, platform }))
  const options = { mirrors, maxBytes, stall: deadlines.registryStall, scale: timeoutScale }
  await using done = await pullImages(host, store, wanted, options)
  const { images, freedBytes } = done.pruned
  if (images.length > 0) {
    const names = images.map((image) => image.reference).join(', ')
    report({ kind: 'notice', message: `Pruned from the image cache, ${bytesText(freedBytes)}: ${names}` })
  }
  return done.pulled
}
