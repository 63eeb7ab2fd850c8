import type { Kina } from '../cluster/kina.ts'
import { parseMirrors } from '../images/registry/endpoints.ts'
import { pullImage, type Pulled } from '../images/pull-image.ts'
import { readIndexFile } from '../images/store/index-file.ts'
import { pruneStore } from '../images/store/prune.ts'
import { withStoreLock } from '../images/store/store-lock.ts'
import { bytesText } from './render/bytes.ts'
import { cacheBound, openCache } from './open-cache.ts'

/**
 * Images are in the cache, one after the other, the layers of each side by side; then the cache is brought back to its bound.
 * @param references in full form.
 */
export async function pullIntoCache(
  kina: Kina,
  references: readonly string[],
  { platform, maxSize }: { readonly platform: string; readonly maxSize: string | undefined },
): Promise<readonly Pulled[]> {
  const { host, report, deadlines, timeoutScale } = kina
  const maxBytes = cacheBound(kina, maxSize)
  const mirrors = parseMirrors(host.env['KINA_REGISTRY_MIRRORS'] ?? '')
  const store = await openCache(kina, 'cache pull')
  // A cache that cannot be used is told before a registry is asked.
  await withStoreLock(store, () => readIndexFile(store))
  const pulled: Pulled[] = []
  try {
    for (const reference of references) {
      const wanted = { reference, platform }
      pulled.push(
        await pullImage(host, store, wanted, { mirrors, stall: deadlines.registryStall, scale: timeoutScale }),
      )
    }
    const { images, freedBytes } = await pruneStore(store, { maxBytes, remains: false })
    if (images.length > 0) {
      const names = images.map((image) => image.reference).join(', ')
      report({ kind: 'notice', message: `Pruned from the image cache, ${bytesText(freedBytes)}: ${names}` })
    }
  } finally {
    for (const { hold } of pulled) await hold[Symbol.asyncDispose]()
  }
  return pulled
}
