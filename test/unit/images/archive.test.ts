import { Buffer } from 'node:buffer'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KinaError } from '../../../src/errors.ts'
import { createHost } from '../../../src/host/real-host.ts'
import { openArchive } from '../../../src/images/archive/open-archive.ts'
import { limits } from '../../../src/images/archive/limits.ts'
import { unpacked } from '../../../src/images/archive/unpack.ts'
import type { Image } from '../../../src/images/image.ts'
import { tarOf, type TarEntry } from '../../lab/store/tar.ts'
import { dockerArchive, makeImage, ociArchive, sha256, writeLayout } from '../../support/oci-images.ts'

const platform = 'linux/arm64'
const image = makeImage({
  reference: 'docker.io/library/web:1',
  platforms: ['linux/arm64'],
  layers: [{ 'usr/base': 'b'.repeat(3000) }, { 'srv/page': 'one' }],
})
const plain = makeImage({
  reference: 'docker.io/library/web:1',
  platforms: ['linux/arm64'],
  layers: [{ a: 'a' }],
  isPlain: true,
})

/** An entry with a header of its own making. */
function entry(name: string, content = '', more: Partial<TarEntry> = {}): Buffer {
  return tarOf([{ name, content, ...more }]).subarray(0, -1024)
}

describe('openArchive()', () => {
  let folder: string
  let host: ReturnType<typeof createHost>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kina-archives-'))
    await mkdir(join(folder, 'tmp'))
    host = createHost({ TMPDIR: join(folder, 'tmp') })
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function opened<T>(bytes: Uint8Array, look: (images: readonly Image[]) => Promise<T> | T): Promise<T> {
    const path = join(folder, 'archive.tar')
    await writeFile(path, bytes)
    await using images = await openArchive(host, path, platform)
    return await look(images.images)
  }
  async function refusal(bytes: Uint8Array): Promise<string> {
    try {
      await opened(bytes, () => undefined)
    } catch (error) {
      if (error instanceof KinaError) return `${error.code}: ${error.message}`
      throw error
    }
    return 'taken'
  }
  async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const all: Uint8Array[] = []
    for await (const piece of pieces) all.push(piece)
    return Buffer.concat(all)
  }

  for (const [title, bytes] of [
    ['an OCI archive', ociArchive([image])],
    ['one packed with gzip', gzipSync(ociArchive([image]))],
    ['one packed with zstd', zstdCompressSync(ociArchive([image]))],
    ['one without zeros at its end', ociArchive([image]).subarray(0, -1024)],
    [
      'one whose names begin with ./',
      tarOf(membersOf(ociArchive([image])).map((its) => ({ ...its, name: `./${its.name}` }))),
    ],
  ] as const) {
    it(`reads ${title}`, async () => {
      await opened(bytes, async ([found, ...more]) => {
        expect(more).toEqual([])
        expect(found?.names).toEqual(['docker.io/library/web:1'])
        expect(found?.manifest.digest).toBe(image.platforms[0]?.manifest)
        expect(found?.layers.map(({ diffId }) => diffId)).toEqual(image.platforms[0]?.diffIds)
        for (const layer of found?.layers ?? []) expect(sha256(await bytesOf(layer.read()))).toBe(layer.digest)
      })
    })
  }

  it('leaves nothing in the temporary folder', async () => {
    await refusal(gzipSync(Buffer.from('no archive')))
    await opened(gzipSync(ociArchive([image])), () => undefined)
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
  })

  it("reads docker's archives, with a manifest that is made, layers packed or not, and links between them", async () => {
    await opened(dockerArchive([plain]), ([found]) => {
      expect(found?.layers.map(({ digest, mediaType }) => [digest, mediaType])).toEqual([
        [plain.platforms[0]?.diffIds[0], 'application/vnd.oci.image.layer.v1.tar'],
      ])
      expect(sha256(found?.manifest.bytes ?? '')).toBe(found?.manifest.digest)
    })
    await opened(dockerArchive([image]), ([found]) => {
      expect(found?.layers.map(({ digest }) => digest)).toEqual(image.platforms[0]?.layers)
    })
    const members = membersOf(dockerArchive([plain]))
    const [layer] = members.filter(({ name }) => name.endsWith('layer.tar'))
    const linked = [
      ...members.filter((its) => its !== layer),
      { ...layer, name: 'real/layer.tar' },
      { name: layer?.name ?? '', type: '2', linkName: '../real/layer.tar' },
    ]
    await opened(tarOf(linked), async ([found]) => {
      for (const its of found?.layers ?? []) expect(sha256(await bytesOf(its.read()))).toBe(its.digest)
    })
  })

  it('reads long names, of GNU and of pax, and sizes beyond octal', async () => {
    const long = `${'folder/'.repeat(30)}file`
    const pax = (text: string): string => {
      const rest = ` ${text}\n`
      const length = rest.length + 2
      return `${length > 99 ? length + 1 : length}${rest}`
    }
    const record = pax(`path=${long}`)
    expect(Number(record.split(' ')[0])).toBe(record.length)
    const members = membersOf(ociArchive([image]))
    for (const extra of [
      [entry('././@LongLink', `${long}\0`, { type: 'L' }), entry('short', 'x')],
      [entry('pax', record, { type: 'x' }), entry('short', 'x')],
      [entry('pax', pax('comment=nothing to see'), { type: 'g' })],
    ]) {
      expect(await refusal(Buffer.concat([...extra, tarOf(members)]))).toBe('taken')
    }
  })

  it('takes of an index the platform that is wanted, and leaves signatures alone', async () => {
    const both = makeImage({
      reference: 'docker.io/library/both:1',
      layers: [{ a: 'a' }],
      platforms: ['linux/amd64', 'linux/arm64/v8'],
    })
    await opened(ociArchive([both]), ([found]) => expect(found?.manifest.digest).toBe(both.platforms[1]?.manifest))
    const alien = makeImage({
      reference: 'docker.io/library/alien:1',
      layers: [{ a: 'a' }],
      platforms: ['linux/amd64'],
    })
    expect(await refusal(ociArchive([image, alien]))).toBe(
      `image-unavailable: Cannot use docker.io/library/alien:1 of "${join(folder, 'archive.tar')}": it has nothing for the platform linux/arm64`,
    )
    expect(await refusal(dockerArchive([alien]))).toMatch(/^image-unavailable: .*alien:1/)
  })

  describe('refuses', () => {
    const oci = membersOf(ociArchive([image]))
    const without = (name: string): TarEntry[] => oci.filter((its) => its.name !== name)
    const changed = (name: string, content: string): Buffer => tarOf([...without(name), { name, content }])
    const index = (manifests: readonly object[]): Buffer =>
      changed('index.json', JSON.stringify({ schemaVersion: 2, manifests }))
    const descriptor = {
      mediaType: image.descriptor.mediaType,
      digest: image.descriptor.digest,
      size: image.descriptor.size,
    }
    const docker = (manifest: unknown): Buffer => tarOf([{ name: 'manifest.json', content: JSON.stringify(manifest) }])
    const [firstLayer = ''] = image.platforms[0]?.layers ?? []
    const layerName = `blobs/${firstLayer.replace(':', '/')}`
    const broken = Buffer.from(ociArchive([image]))
    broken[10] = 0xff
    const huge = Buffer.from(entry('huge'))
    const header = (change: (block: Buffer) => void): Buffer => {
      const block = Buffer.from(entry('file', 'text'))
      change(block)
      block.write('        ', 148)
      const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0)
      block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
      return Buffer.concat([block, ociArchive([image])])
    }

    const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
      ['an empty file', Buffer.alloc(0), /it is empty/],
      ['a text', Buffer.from('not an archive at all'), /ends within a header|checksum/],
      ['an archive of something else', tarOf([{ name: 'a', content: 'a' }]), /neither oci-layout nor manifest\.json/],
      ['a packing that it does not read: xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]), /packed with xz/],
      ['a packing that it does not read: bzip2', Buffer.from('BZh91AY&SY'), /packed with bzip2/],
      ['gzip that is cut off', gzipSync(ociArchive([image])).subarray(0, 200), /cannot be unpacked \(gzip\)/],
      [
        'zstd that is damaged',
        Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(100, 0xff)]),
        /cannot be unpacked \(zstd\)/,
      ],
      ['an archive that is cut off', ociArchive([image]).subarray(0, 1600), /ends within/],
      ['a checksum that is wrong', broken, /a checksum of a header is wrong/],
      ['a size that is no number', header((block) => block.write('zzzzzzzzzzz', 124)), /a size is no number/],
      ['a size that is negative', header((block) => block.fill(0xff, 124, 136)), /a size is negative or too large/],
      ['a size beyond the archive', header((block) => block.write('77777777777\0', 124)), /ends within "file"/],
      [
        'a size that overflows',
        header((block) => {
          block.fill(0xff, 124, 136)
          block[124] = 0x80
        }),
        /a size is too large/,
      ],
      [
        'a name that is no text',
        header((block) => {
          block[0] = 0xff
        }),
        /a name is no UTF-8 text/,
      ],
      [
        'a name too long',
        Buffer.concat([entry('././@LongLink', `${'a/'.repeat(2500)}\0`, { type: 'L' }), entry('x'), tarOf(oci)]),
        /a name is too long/,
      ],
      [
        'an extended header too large',
        Buffer.concat([entry('pax', 'x'.repeat(limits.headerBytes + 1), { type: 'x' }), tarOf(oci)]),
        /an extended header is too large/,
      ],
      [
        'an extended header that is broken',
        Buffer.concat([entry('pax', '99 path=x\n', { type: 'x' }), tarOf(oci)]),
        /an extended header is broken/,
      ],
      [
        'a NUL in a name',
        Buffer.concat([entry('pax', '12 path=a\0b\n', { type: 'x' }), entry('x'), tarOf(oci)]),
        /a name holds a NUL/,
      ],
      [
        'a sparse file',
        Buffer.concat([entry('pax', '22 GNU.sparse.major=1\n', { type: 'x' }), entry('x'), tarOf(oci)]),
        /a sparse file/,
      ],
      [
        'a path that leads up',
        Buffer.concat([entry('a/../../etc/passwd', 'x'), tarOf(oci)]),
        /the path "a\/\.\.\/\.\.\/etc\/passwd" leads outside/,
      ],
      [
        'a path from the root',
        Buffer.concat([entry('/etc/passwd', 'x'), tarOf(oci)]),
        /the path "\/etc\/passwd" leads outside/,
      ],
      [
        'a link that leads up',
        Buffer.concat([entry('a', '', { type: '2', linkName: '../x' }), tarOf(oci)]),
        /the link "a" leads outside/,
      ],
      [
        'a link from the root',
        Buffer.concat([entry('a', '', { type: '1', linkName: '/etc/passwd' }), tarOf(oci)]),
        /the link "a" leads outside/,
      ],
      [
        'a device',
        Buffer.concat([entry('dev', '', { type: '3' }), tarOf(oci)]),
        /"dev" is neither a file nor a folder nor a link/,
      ],
      [
        'a name that a terminal would act on',
        Buffer.concat([entry('a\u001b[2J', '', { type: '4' }), tarOf(oci)]),
        /"a\?\[2J" is neither/,
      ],
      ['a name that is in it twice', tarOf([...oci, ...oci]), /is in it twice/],
      [
        'links in a circle',
        tarOf([
          ...without(layerName),
          { name: layerName, type: '1', linkName: 'other' },
          { name: 'other', type: '1', linkName: layerName },
        ]),
        /leads to too many others/,
      ],
      [
        'a link to nothing',
        tarOf([...without(layerName), { name: layerName, type: '1', linkName: 'other' }]),
        /leads to nothing in it/,
      ],
      [
        'another layout',
        changed('oci-layout', '{"imageLayoutVersion":"2.0.0"}'),
        /"oci-layout": imageLayoutVersion has another form/,
      ],
      ['a layout without an index', tarOf(without('index.json')), /"index\.json" is missing/],
      ['an index that is no JSON', changed('index.json', '{'), /"index\.json" is no JSON/],
      ['an index too large', changed('index.json', ' '.repeat(limits.documentBytes + 1)), /too many for what it is/],
      ['an index of nothing', index([]), /it holds no image/],
      [
        'a digest that is a path',
        index([{ ...descriptor, digest: 'sha256:../../etc/passwd' }]),
        /manifests\.0\.digest has another form/,
      ],
      ['a size that lies', index([{ ...descriptor, size: 7 }]), /is not what its digest and size say/],
      [
        'a manifest that is missing',
        index([{ ...descriptor, digest: `sha256:${'0'.repeat(64)}` }]),
        /"blobs\/sha256\/0{64}" is missing/,
      ],
      [
        'a manifest that is another',
        changed(`blobs/${image.descriptor.digest.replace(':', '/')}`, '{}'),
        /is not what its digest and size say/,
      ],
      ['a layer that is missing', tarOf(without(layerName)), /the layer sha256:[0-9a-f]{64} is missing/],
      ['a layer of another size', changed(layerName, 'x'), /has 1 bytes instead of \d+/],
      ['a manifest.json without images', docker([]), /it holds no image/],
      [
        'a manifest.json that leads outside',
        docker([{ Config: '../../etc/passwd', Layers: [] }]),
        /manifest\.json leads outside/,
      ],
      ['a manifest.json of another shape', docker({ Config: 1 }), /"manifest\.json": it has another form/],
      ['a configuration that is missing', docker([{ Config: 'a.json', Layers: [] }]), /"a\.json" is missing/],
      [
        'another number of layers',
        tarOf([
          ...membersOf(dockerArchive([plain])).filter(({ name }) => name !== 'manifest.json'),
          {
            name: 'manifest.json',
            content: JSON.stringify([
              { Config: `${plain.platforms[0]?.config.replace('sha256:', '')}.json`, Layers: [] },
            ]),
          },
        ]),
        /knows of another number of layers/,
      ],
      [
        'more entries than any image has',
        Buffer.concat(Array.from({ length: limits.entries * 3 + 2 }, () => huge)),
        /more than \d+ entries|is in it twice/,
      ],
    ]
    for (const [title, bytes, says] of cases) {
      it(title, async () => {
        const said = await refusal(bytes)
        expect(said).toMatch(says)
        expect(said).toMatch(/^image-invalid: /)
      })
    }

    it('indexes too deep within each other', async () => {
      const blobs: TarEntry[] = []
      let inner: object = descriptor
      for (let depth = 0; depth <= limits.depth; depth++) {
        const text = JSON.stringify({ manifests: [inner] })
        blobs.push({ name: `blobs/${sha256(text).replace(':', '/')}`, content: text })
        inner = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: sha256(text), size: text.length }
      }
      const all = [
        ...without('index.json'),
        ...blobs,
        { name: 'index.json', content: JSON.stringify({ manifests: [inner] }) },
      ]
      expect(await refusal(tarOf(all))).toMatch(/indexes lie too deep/)
    })

    it('what unpacks to much more than it should, of gzip and of zstd', async () => {
      const bound = { unpackedBytes: 1024 * 1024, unpackedRatio: 100 }
      const bomb = Buffer.alloc(16 * 1024 * 1024)
      for (const [compression, packed] of [
        ['gzip', gzipSync(bomb)],
        ['zstd', zstdCompressSync(bomb)],
      ] as const) {
        async function* once(): AsyncIterable<Uint8Array> {
          yield packed
        }
        let bytes = 0
        const read = async (): Promise<void> => {
          for await (const piece of unpacked(once(), compression, 'bomb', bound)) bytes += piece.length
        }
        await expect(read()).rejects.toThrow('more than 100 times as large')
        expect(bytes).toBeLessThan(4 * 1024 * 1024)
      }
    })
  })

  describe('of a folder', () => {
    it('reads a layout, and nothing that a link leads out of it to', async () => {
      const layout = join(folder, 'layout')
      await writeLayout(layout, [image])
      await using found = await openArchive(host, layout, platform)
      const [layer] = found.images[0]?.layers ?? []
      if (!layer) throw new Error('no layer')
      expect(sha256(await bytesOf(layer.read()))).toBe(layer.digest)
      const blob = join(layout, 'blobs', layer.digest.replace(':', '/'))
      await writeFile(join(folder, 'outside'), await bytesOf(layer.read()))
      await rm(blob)
      await symlink(join(folder, 'outside'), blob)
      await expect(openArchive(host, layout, platform)).rejects.toThrow('leads outside')
    })
  })

  it('gives a refusal for whatever bytes are changed, and never anything else', async () => {
    const seed = Number(process.env['KINA_FUZZ_SEED'] ?? 20_261_127)
    const runs = Number(process.env['KINA_FUZZ_RUNS'] ?? 300)
    console.log(`archives: KINA_FUZZ_SEED=${seed} KINA_FUZZ_RUNS=${runs}`)
    const next = randomNumbers(seed)
    const originals = [
      ociArchive([image]),
      dockerArchive([plain]),
      gzipSync(ociArchive([image])),
      zstdCompressSync(ociArchive([image])),
    ]
    for (let run = 0; run < runs; run++) {
      const original = originals[run % originals.length] ?? originals[0]
      const bytes = Buffer.from(original ?? '')
      const changes = 1 + next(8)
      for (let change = 0; change < changes; change++) bytes[next(bytes.length)] = next(256)
      const cut = next(4) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes
      try {
        await opened(cut, async (images) => {
          // What is taken has layers that can be read to their end.
          for (const { layers } of images) for (const layer of layers) await bytesOf(layer.read())
        })
      } catch (error) {
        if (!(error instanceof KinaError)) throw new Error(`run ${run} of seed ${seed}`, { cause: error })
        expect(['image-invalid', 'image-unavailable']).toContain(error.code)
      }
    }
    expect(await readdir(join(folder, 'tmp'))).toEqual([])
  })
})

/** mulberry32. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) % below
  }
}

/** The files of an archive that tarOf() made. */
function membersOf(archive: Buffer): TarEntry[] {
  const members: TarEntry[] = []
  for (let at = 0; archive[at] !== 0;) {
    const name = archive
      .subarray(at, at + 100)
      .toString()
      .replaceAll('\0', '')
    const size = Number.parseInt(archive.subarray(at + 124, at + 135).toString(), 8)
    members.push({ name, content: archive.subarray(at + 512, at + 512 + size) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return members
}
