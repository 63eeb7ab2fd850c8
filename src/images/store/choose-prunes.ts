/** An image in the cache. */
export interface ImageLying {
  readonly lastUsed: Date
  /** Its manifest first. */
  readonly digests: readonly string[]
}

/** What lies in the cache, as pruning sees it. */
export interface Lying<Image extends ImageLying> {
  readonly images: readonly Image[]
  /** Complete blobs by digest. */
  readonly blobs: ReadonlyMap<string, { readonly bytes: number; readonly modified: Date }>
  /** Blobs on their way, by digest. */
  readonly partials: ReadonlyMap<string, { readonly bytes: number; readonly modified: Date }>
  /** What running commands use. */
  readonly held: ReadonlySet<string>
  /** What other tools have put there. */
  readonly kept: ReadonlySet<string>
}

export interface Bound {
  /** Bytes that may stay. */
  readonly maxBytes: number
  /** What pulls have left that did not come to their end goes in any case, not only for want of room. */
  readonly remains: boolean
}

export interface Prunes<Image> {
  readonly images: readonly Image[]
  readonly blobs: readonly string[]
  readonly partials: readonly string[]
  readonly freedBytes: number
  readonly leftBytes: number
}

/**
 * Chooses what goes. First the remains of pulls that did not come to their end, where there is no room for them: they save the
 * next pull its start. Then images, the one that was not used for longest first, until the rest fits. What a running command
 * uses stays, also when that is more than the bound; so does what other tools have put there.
 */
export function choosePrunes<Image extends ImageLying>(
  lying: Lying<Image>,
  { maxBytes, remains }: Bound,
): Prunes<Image> {
  const blobs = new Map(lying.blobs)
  const partials = new Map(lying.partials)
  const images = new Set(lying.images.toSorted((a, b) => a.lastUsed.getTime() - b.lastUsed.getTime()))
  const gone: { images: Image[]; blobs: string[]; partials: string[] } = { images: [], blobs: [], partials: [] }
  const before = [...blobs.values(), ...partials.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  let left = before
  const dropUnused = (): void => {
    const used = new Set([...lying.held, ...lying.kept, ...[...images].flatMap(({ digests }) => digests)])
    const unused = [
      ...[...partials].map(([digest, its]) => ({ digest, ...its, from: partials, list: gone.partials })),
      ...[...blobs].map(([digest, its]) => ({ digest, ...its, from: blobs, list: gone.blobs })),
    ].filter(({ digest, from }) => !(from === partials ? lying.held : used).has(digest))
    for (const { digest, bytes, from, list } of unused.toSorted(
      (a, b) => a.modified.getTime() - b.modified.getTime(),
    )) {
      if (left <= maxBytes && !remains) return
      left -= bytes
      from.delete(digest)
      list.push(digest)
    }
  }
  dropUnused()
  for (const image of images) {
    if (left <= maxBytes) break
    if (lying.held.has(image.digests[0] ?? '')) continue
    images.delete(image)
    gone.images.push(image)
    dropUnused()
  }
  return { ...gone, freedBytes: before - left, leftBytes: left }
}
