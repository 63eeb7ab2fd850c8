import { describe, expect, it } from 'vitest'
import { chooseManifest, isPlatform, parseDocument, platformOfConfig } from '../../../src/images/descriptor.ts'
import { failureOf } from '../../support/failure-of.ts'

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const layer = { mediaType: 'layer', digest: digest('a'), size: 1 }

describe('parseDocument()', () => {
  it('tells an index from a manifest', () => {
    expect(parseDocument(bytes({ manifests: [] }), 'x').kind).toBe('index')
    const manifest = parseDocument(bytes({ mediaType: 'm', config: layer, layers: [layer] }), 'x')
    expect(manifest).toEqual({ kind: 'manifest', mediaType: 'm', manifest: { config: layer, layers: [layer] } })
  })

  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['no JSON', '{', 'JSON'],
    ['the old form', { schemaVersion: 1, fsLayers: [] }, 'schema 1'],
    ['nothing of an image', [], 'config'],
    [
      'a digest of another kind',
      { config: { ...layer, digest: 'md5:abc' }, layers: [] },
      'config.digest: is no sha256 digest',
    ],
    [
      'a digest that is a path',
      { config: layer, layers: [{ ...layer, digest: 'sha256:../../etc' }] },
      'layers.0.digest',
    ],
    ['a negative size', { config: layer, layers: [{ ...layer, size: -1 }] }, 'layers.0.size'],
    ['a size that no number holds', { config: layer, layers: [{ ...layer, size: 2 ** 60 }] }, 'layers.0.size'],
    ['an index without digests', { manifests: [{ size: 1 }] }, 'manifests.0.digest'],
  ]
  for (const [title, document, reason] of wrong) {
    it(`refuses ${title}`, async () => {
      const error = await failureOf(() => parseDocument(bytes(document), 'manifest of "x"'))
      expect(error.message).toBe('Cannot read the manifest of "x"')
      expect(error.seen.join()).toContain(reason)
    })
  }
})

describe('chooseManifest()', () => {
  const index = {
    manifests: [
      { ...layer, digest: digest('1'), platform: { os: 'unknown', architecture: 'unknown' } },
      { ...layer, digest: digest('2'), platform: { os: 'linux', architecture: 'amd64' } },
      { ...layer, digest: digest('3'), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      { ...layer, digest: digest('4'), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
      { ...layer, digest: digest('5') },
    ],
  }
  for (const [wanted, letter] of [
    ['linux/amd64', '2'],
    ['linux/arm64', '3'],
    ['linux/arm64/v8', '3'],
    ['linux/arm/v7', '4'],
  ] as const) {
    it(`finds ${wanted}`, () => expect(chooseManifest(index, wanted, 'it').digest).toBe(digest(letter)))
  }
  it('lists what there is when it finds none', async () => {
    const error = await failureOf(() => chooseManifest(index, 'linux/arm', 'it'))
    expect(error.seen).toEqual(['platforms: linux/amd64, linux/arm64/v8, linux/arm/v7'])
    const none = await failureOf(() => chooseManifest({ manifests: [layer] }, 'linux/arm', 'it'))
    expect(none.seen).toEqual(['it names no platforms'])
  })
})

describe('a configuration', () => {
  it('says its platform', () => {
    expect(platformOfConfig(bytes({ os: 'linux', architecture: 'arm64', variant: 'v8' }), 'x')).toBe('linux/arm64/v8')
    expect(platformOfConfig(bytes({ architecture: 'amd64', os: 'linux', variant: '' }), 'x')).toBe('linux/amd64')
  })
  it('of arm64 may leave its only variant away', () => {
    expect(isPlatform('linux/arm64', 'linux/arm64/v8')).toBe(true)
    expect(isPlatform('linux/arm/v7', 'linux/arm')).toBe(false)
  })
})
