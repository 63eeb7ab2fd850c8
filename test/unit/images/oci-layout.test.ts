import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import type { Members } from '../../../src/images/archive/members.ts'
import { readOciLayout } from '../../../src/images/archive/oci-layout.ts'
import { sha256 } from '../../support/oci-images.ts'

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
}

/** A layout in memory, made blob by blob. */
class Layout implements Members {
  readonly source = 'a layout'
  readonly files = new Map<string, Buffer>([['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')]])

  add(mediaType: string, content: object | string): { mediaType: string; digest: string; size: number } {
    const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
    const digest = sha256(bytes)
    this.files.set(`blobs/${digest.replace(':', '/')}`, bytes)
    return { mediaType, digest, size: bytes.length }
  }

  image({ os = 'linux', architecture = 'arm64', configType = types.config, diffIds = 1 } = {}): object & {
    readonly digest: string
  } {
    const layer = this.add('application/vnd.oci.image.layer.v1.tar', 'a layer')
    const diff_ids = Array.from({ length: diffIds }, () => layer.digest)
    const config = this.add(configType, { os, architecture, rootfs: { type: 'layers', diff_ids } })
    return this.add(types.manifest, { schemaVersion: 2, config, layers: [layer] })
  }

  async opened(...manifests: readonly object[]): ReturnType<typeof readOciLayout> {
    this.files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })))
    return await readOciLayout(this, 'linux/arm64')
  }

  size(name: string): Promise<number | undefined> {
    return Promise.resolve(this.files.get(name)?.length)
  }
  async *read(name: string, from = 0, length = Number.POSITIVE_INFINITY): AsyncIterable<Uint8Array> {
    yield (this.files.get(name) ?? Buffer.alloc(0)).subarray(from, from + length)
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

describe('readOciLayout()', () => {
  const names: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ["containerd's name", { 'io.containerd.image.name': 'docker.io/library/web:1' }, ['docker.io/library/web:1']],
    ["Apple's name", { 'com.apple.containerization.image.name': 'web:1' }, ['docker.io/library/web:1']],
    ["OCI's, where it is whole", { 'org.opencontainers.image.ref.name': 'web:1' }, ['docker.io/library/web:1']],
    ["no name of OCI's, where it is a tag alone", { 'org.opencontainers.image.ref.name': 'latest' }, []],
    ['no name that is none', { 'io.containerd.image.name': 'Not A Name' }, []],
    ['no name where there is no annotation', {}, []],
  ]
  for (const [what, annotations, expected] of names)
    it(`takes ${what}`, async () => {
      const layout = new Layout()
      const [image] = await layout.opened({ ...layout.image(), annotations })
      expect(image?.names).toEqual(expected)
    })

  it('gives an image that is listed twice once, with both names', async () => {
    const layout = new Layout()
    const image = layout.image()
    const named = (name: string): object => ({ ...image, annotations: { 'io.containerd.image.name': name } })
    const images = await layout.opened(named('web:1'), named('web:2'), named('web:1'))
    expect(images.map((its) => its.names)).toEqual([['docker.io/library/web:1', 'docker.io/library/web:2']])
  })

  it('goes through an index to the platform, and leaves what is of no platform', async () => {
    const layout = new Layout()
    const index = layout.add(types.index, {
      schemaVersion: 2,
      manifests: [
        {
          ...layout.image({ configType: 'application/vnd.example' }),
          platform: { os: 'unknown', architecture: 'unknown' },
        },
        { ...layout.image({ architecture: 'amd64' }), platform: { os: 'linux', architecture: 'amd64' } },
        layout.image({ configType: 'application/vnd.example+json' }),
        { ...layout.image(), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      ],
    })
    const [image] = await layout.opened(index)
    expect(image?.manifest.digest).toBe(layout.image().digest)
  })

  it('says which platforms there are where the right one is missing', async () => {
    const layout = new Layout()
    const other = { ...layout.image({ architecture: 'amd64' }), annotations: { 'io.containerd.image.name': 'web:1' } }
    await expect(layout.opened(other)).rejects.toMatchObject({
      code: 'image-unavailable',
      message: expect.stringContaining('docker.io/library/web:1'),
      seen: ['platforms: linux/amd64'],
    })
  })

  it('is no image: something else alone, or an index of nothing', async () => {
    const layout = new Layout()
    const strange = layout.add('application/vnd.example', 'x')
    await expect(layout.opened(strange)).rejects.toThrow('it holds no image')
    await expect(layout.opened(layout.add(types.index, { manifests: [] }))).rejects.toThrow('it holds no image')
  })

  it('refuses layers that are another number, another size or missing', async () => {
    const layout = new Layout()
    await expect(layout.opened(layout.image({ diffIds: 2 }))).rejects.toThrow('another number of layers')
    const image = layout.image()
    const path = `blobs/${sha256('a layer').replace(':', '/')}`
    layout.files.set(path, Buffer.from('shorter'.slice(0, 3)))
    await expect(layout.opened(image)).rejects.toThrow('has 3 bytes instead of 7')
    layout.files.delete(path)
    await expect(layout.opened(image)).rejects.toThrow('is missing')
  })
})
