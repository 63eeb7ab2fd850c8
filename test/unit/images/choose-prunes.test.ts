import { describe, expect, it } from 'vitest'
import { choosePrunes, type Lying } from '../../../src/images/store/choose-prunes.ts'

interface Named {
  readonly name: string
  readonly lastUsed: Date
  readonly digests: readonly string[]
}

const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour))
const files = (sizes: Readonly<Record<string, number>>) =>
  new Map(Object.entries(sizes).map(([digest, bytes], index) => [digest, { bytes, modified: at(index) }] as const))

/** Two images that share a layer, one loose blob, one partial. */
function lying(more: Partial<Lying<Named>> = {}): Lying<Named> {
  return {
    images: [
      { name: 'new', lastUsed: at(9), digests: ['m-new', 'shared', 'new'] },
      { name: 'old', lastUsed: at(1), digests: ['m-old', 'shared', 'old'] },
    ],
    blobs: files({ 'loose': 50, 'm-new': 1, 'm-old': 1, 'shared': 100, 'new': 200, 'old': 300 }),
    partials: files({ coming: 40 }),
    held: new Set(),
    kept: new Set(),
    ...more,
  }
}

const cases: readonly {
  readonly title: string
  readonly more?: Partial<Lying<Named>>
  readonly maxBytes: number
  readonly remains?: boolean
  readonly images?: readonly string[]
  readonly blobs?: readonly string[]
  readonly partials?: readonly string[]
  readonly left: number
}[] = [
  { title: 'nothing while there is room', maxBytes: 692, left: 692 },
  { title: 'remains first, the oldest first', maxBytes: 691, partials: ['coming'], left: 652 },
  {
    title: 'remains in any case when asked',
    maxBytes: 692,
    remains: true,
    blobs: ['loose'],
    partials: ['coming'],
    left: 602,
  },
  {
    title: 'then the image that was not used for longest, without what others share',
    maxBytes: 600,
    images: ['old'],
    blobs: ['loose', 'm-old', 'old'],
    partials: ['coming'],
    left: 301,
  },
  {
    title: 'everything for no bytes at all',
    maxBytes: 0,
    images: ['old', 'new'],
    blobs: ['loose', 'm-old', 'old', 'm-new', 'shared', 'new'],
    partials: ['coming'],
    left: 0,
  },
  {
    title: 'not what a command uses, though it is more than the bound',
    more: { held: new Set(['m-old', 'shared', 'old', 'coming', 'loose']) },
    maxBytes: 0,
    images: ['new'],
    blobs: ['m-new', 'new'],
    left: 491,
  },
  {
    title: 'an image of which a command uses only a layer, and not that layer',
    more: { held: new Set(['shared']) },
    maxBytes: 0,
    images: ['old', 'new'],
    blobs: ['loose', 'm-old', 'old', 'm-new', 'new'],
    partials: ['coming'],
    left: 100,
  },
  {
    title: "not what is other tools' own",
    more: { kept: new Set(['loose', 'new']) },
    maxBytes: 0,
    images: ['old', 'new'],
    blobs: ['m-old', 'old', 'm-new', 'shared'],
    partials: ['coming'],
    left: 250,
  },
]

describe('choosePrunes() chooses', () => {
  for (const { title, more, maxBytes, remains = false, images = [], blobs = [], partials = [], left } of cases) {
    it(title, () => {
      const chosen = choosePrunes(lying(more), { maxBytes, remains })
      expect({
        images: chosen.images.map(({ name }) => name),
        blobs: chosen.blobs.toSorted(),
        partials: chosen.partials,
        left: chosen.leftBytes,
        freed: chosen.freedBytes,
      }).toEqual({ images, blobs: blobs.toSorted(), partials, left, freed: 692 - left })
    })
  }
})
