import type { Kina } from '../cluster/kina.ts'
import { openCacheFor, type ImageCache } from '../cluster/image-cache.ts'
import type { NodeImageCache } from '../cluster/load-from-cache.ts'
import { imageCacheFolder } from '../cluster/state-folder.ts'
import { defaults } from '../config/defaults.ts'
import { normalizeImageReference } from '../images/reference.ts'
import { parseSize } from '../config/size.ts'
import { KinaError } from '../errors.ts'
import { parseMirrors } from '../images/registry/endpoints.ts'
import type { Store } from '../images/store/store.ts'

/** The image cache, for one command. @param command as its lock and its holds name it. */
export async function openCache(kina: Kina, command: string): Promise<Store> {
  return await openCacheFor(kina, imageCacheFolder(kina.host), command, kina.signal)
}

/** What the environment says about the cache. @param maxSize option that goes before it. @throws KinaError `usage`. */
export function cacheSettings(
  { host }: Pick<Kina, 'host'>,
  maxSize: string | undefined,
): { readonly maxBytes: number; readonly mirrors: ReadonlyMap<string, readonly string[]> } {
  return {
    maxBytes: cacheBound({ host }, maxSize),
    mirrors: parseMirrors(host.env['KINA_REGISTRY_MIRRORS'] ?? ''),
  }
}

/** The cache as a place of images, with the settings of pulls into it. @throws KinaError `usage` for settings that cannot be read. */
export function imageCache(kina: Kina): ImageCache {
  return { folder: imageCacheFolder(kina.host), ...cacheSettings(kina, undefined) }
}

/** How node images go through the cache. @param mode `auto`, `on` or `off`. @throws KinaError `usage` for settings that cannot be read. */
export function nodeImageCache(kina: Kina, mode: string): NodeImageCache | undefined {
  if (mode === 'off') return undefined
  return { mode: mode === 'on' ? 'on' : 'auto', ...imageCache(kina) }
}

/** Bytes that the cache may have: as an option says, else `KINA_CACHE_MAX_SIZE`, else the default. @throws KinaError `usage`. */
export function cacheBound({ host }: Pick<Kina, 'host'>, option: string | undefined): number {
  const [name, text] =
    option === undefined
      ? (['KINA_CACHE_MAX_SIZE', host.env['KINA_CACHE_MAX_SIZE'] || defaults.imageCacheSize] as const)
      : (['--max-size', option] as const)
  const bytes = parseSize(text)
  if (bytes !== undefined) return bytes
  throw new KinaError('usage', `Cannot use "${text}" as the largest size of the cache (${name})`, {
    hint: 'Write it as 20g or 500m',
  })
}

/** References in full form. @throws KinaError `usage` that names every word that is none. */
export function fullReferences(words: readonly string[]): readonly string[] {
  const wrong = words.filter((word) => normalizeImageReference(word) === undefined)
  if (wrong.length > 0) {
    throw new KinaError('usage', `Cannot read as image references: ${wrong.map((word) => `"${word}"`).join(', ')}`, {
      hint: 'Write them as kindest/node:v1.37.0 or registry.example/team/app@sha256:…',
    })
  }
  return [...new Set(words.map((word) => normalizeImageReference(word) ?? word))]
}

/** `linux/arm64[/variant]`, as nodes are unless told otherwise. @throws KinaError `usage`. */
export function platformFor({ host }: Pick<Kina, 'host'>, option: string | undefined): string {
  const platform = option ?? `linux/${host.platform.arch}`
  if (/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/.test(platform)) return platform
  throw new KinaError('usage', `Cannot use "${platform}" as a platform`, { hint: 'Write it as linux/arm64' })
}
