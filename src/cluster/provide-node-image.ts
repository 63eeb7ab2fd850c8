import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import type { Kina } from './kina.ts'
import type { NodeImageCache } from './load-from-cache.ts'

interface Ways {
  readonly kina: Kina
  readonly apple: AppleContainer
  /** Undefined where it is to be left alone. */
  readonly imageCache: NodeImageCache | undefined
  readonly platform: string
  readonly signal: AbortSignal
}

/**
 * Brings a node image into the store of `container`, for one platform: from the image cache, pulled into it first where it has
 * to; where there is no cache to be used, `container` pulls it.
 * @throws KinaError `image-unavailable`, and what `container` says.
 */
export async function provideNodeImage(
  { kina, apple, imageCache, platform, signal }: Ways,
  image: string,
): Promise<void> {
  if (imageCache !== undefined) {
    const { loadFromCache } = await import('./load-from-cache.ts')
    try {
      await loadFromCache({ kina, apple, signal }, imageCache, { reference: image, platform })
      return
    } catch (error) {
      if (imageCache.mode === 'on' || signal.aborted || !(error instanceof KinaError)) throw error
      const why = [error.message, ...error.seen].join(': ')
      kina.report({
        kind: 'warning',
        message: `Leave ${shortened(image)} to "container image pull", the image cache cannot give it: ${why}`,
      })
    }
  }
  await apple.pullImage(image, platform, { signal, within: kina.deadlines.pullImage })
}

/** As a person reads it: without Docker's domain and without a digest. */
export function shortened(reference: string): string {
  return reference.replace(/^docker\.io\//, '').replace(/@sha256:.*$/, '')
}
