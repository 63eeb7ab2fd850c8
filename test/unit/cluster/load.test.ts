import { describe, expect, it } from 'vitest'
import { chainIds } from '../../../src/images/digest.ts'
import type { Image } from '../../../src/images/image.ts'
import { parseHeader } from '../../../src/images/archive/tar-header.ts'
import { fileHeader, padding } from '../../../src/images/archive/write-tar.ts'
import { chooseNodes } from '../../../src/cluster/load/choose-nodes.ts'
import { reliedOn, workFor, workForSketch, type Work } from '../../../src/cluster/load/compare.ts'
import { parseNodeImages, type NodeImages } from '../../../src/cluster/load/node-images.ts'
import type { ContainerRecord } from '../../../src/apple-container/apple-container.ts'

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const name = 'docker.io/library/web:1'
const diffIds = ['1', '2', '3'].map(digest)
const chain = chainIds(diffIds)
const image: Image = {
  names: [name],
  manifest: { mediaType: 'm', digest: digest('a'), bytes: new Uint8Array() },
  config: { mediaType: 'c', digest: digest('b'), bytes: new Uint8Array() },
  layers: diffIds.map((diffId, at) => ({
    mediaType: 'l',
    digest: digest(String(at + 4)),
    size: 1,
    diffId,
    read: () => {
      throw new Error('not read')
    },
  })),
}

function node(has: {
  readonly images?: Readonly<Record<string, string>>
  readonly blobs?: readonly string[]
  readonly chains?: readonly string[]
}): NodeImages {
  return {
    node: 'n',
    snapshotter: 'overlayfs',
    images: new Map(Object.entries(has.images ?? {}).map(([key, its]) => [key, { digest: its, size: '' }])),
    blobs: new Set(has.blobs),
    chains: new Set(has.chains),
  }
}
const documents = [digest('a'), digest('b')]
const shown = (work: Work | undefined): unknown =>
  work?.kind === 'import' ? ['import', ...work.missing.map((layer) => layer.digest[7])] : work

describe('workFor()', () => {
  const top = chain[2] ?? ''
  const cases: readonly (readonly [string, Parameters<typeof node>[0], unknown])[] = [
    ['an empty node is sent all', {}, ['import', '4', '5', '6']],
    ['blobs that are there are not sent', { blobs: [digest('5')] }, ['import', '4', '6']],
    ['an unpacked layer stands for all below it', { chains: [chain[1] ?? ''] }, ['import', '6']],
    ['one further up does as well', { chains: [top] }, ['import']],
    [
      'an unpacked layer of another chain stands for nothing',
      { chains: [diffIds[2] ?? ''] },
      ['import', '4', '5', '6'],
    ],
    ['a name alone is not the image', { images: { [name]: digest('a') }, blobs: documents }, ['import', '4', '5', '6']],
    [
      'unpacked, with its documents and name, it is there',
      { images: { [name]: digest('a') }, blobs: documents, chains: [top] },
      { kind: 'nothing' },
    ],
    [
      'so it is with all blobs',
      { images: { [name]: digest('a') }, blobs: [...documents, digest('4'), digest('5'), digest('6')] },
      { kind: 'nothing' },
    ],
    [
      'under another name it is tagged',
      { images: { other: digest('a') }, blobs: documents, chains: [top] },
      { kind: 'tag', from: 'other', names: [name] },
    ],
    [
      'a name that another image has is taken over',
      { images: { [name]: digest('f'), other: digest('a') }, blobs: documents, chains: [top] },
      { kind: 'tag', from: 'other', names: [name] },
    ],
    ['without any name it is sent again, without layers', { blobs: documents, chains: [top] }, ['import']],
    [
      'without its configuration too',
      { images: { [name]: digest('a') }, blobs: [digest('a')], chains: [top] },
      ['import'],
    ],
  ]
  for (const [title, has, wanted] of cases) {
    it(title, () => {
      expect(shown(workFor(image, node(has)))).toEqual(wanted)
    })
  }
})

describe('workForSketch()', () => {
  const top = chain[2] ?? ''
  const cases: readonly (readonly [
    string,
    Parameters<typeof workForSketch>[1],
    Parameters<typeof node>[0],
    unknown,
  ])[] = [
    [
      'by manifest: there',
      { manifest: digest('a'), diffIds },
      { images: { [name]: digest('a') }, blobs: documents, chains: [top] },
      { kind: 'nothing' },
    ],
    [
      'by manifest: to be named',
      { manifest: digest('a'), diffIds },
      { images: { other: digest('a') }, blobs: documents, chains: [top] },
      { kind: 'tag', from: 'other', names: [name] },
    ],
    [
      'by manifest: packed, so it must be read',
      { manifest: digest('a'), diffIds },
      { images: { [name]: digest('a') }, blobs: documents },
      undefined,
    ],
    [
      'by configuration: there',
      { config: digest('b'), diffIds },
      { images: { [digest('b')]: digest('a'), [name]: digest('a') }, blobs: documents, chains: [top] },
      { kind: 'nothing' },
    ],
    [
      'by configuration: named after its id',
      { config: digest('b'), diffIds },
      { images: { [digest('b')]: digest('a') }, blobs: documents, chains: [top] },
      { kind: 'tag', from: digest('b'), names: [name] },
    ],
    [
      'by configuration: unknown',
      { config: digest('c'), diffIds },
      { images: { [name]: digest('a') }, blobs: documents, chains: [top] },
      undefined,
    ],
    [
      'of no layers nothing is known',
      { manifest: digest('a'), diffIds: [] },
      { images: { [name]: digest('a') }, blobs: documents },
      undefined,
    ],
  ]
  for (const [title, sketch, has, wanted] of cases) {
    it(title, () => {
      expect(workForSketch([name], sketch, node(has))).toEqual(wanted)
    })
  }
})

it('reliedOn() names what is there, unpacked or packed', () => {
  expect(reliedOn(image, node({ blobs: [digest('6')], chains: [chain[0] ?? '', chain[1] ?? ''] }))).toEqual([
    `chain ${chain[0]}`,
    `chain ${chain[1]}`,
    `blob ${digest('6')}`,
  ])
})

it('chainIds() are those of the image-spec', () => {
  // sha256 over "<chain below> <diff id>".
  expect(chainIds([digest('1'), digest('2')])).toEqual([
    digest('1'),
    'sha256:9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5',
  ])
  expect(chainIds([])).toEqual([])
})

it('parseNodeImages() reads what the node says', () => {
  const read = parseNodeImages(
    'n',
    `snapshotter overlayfs\nimage ${name} ${digest('a')} 1.0 MiB\nblob ${digest('b')}\nchain ${digest('c')}\n`,
  )
  expect(read).toEqual({
    node: 'n',
    snapshotter: 'overlayfs',
    images: new Map([[name, { digest: digest('a'), size: '1.0 MiB' }]]),
    blobs: new Set([digest('b')]),
    chains: new Set([digest('c')]),
  })
})

describe('fileHeader()', () => {
  for (const size of [0, 1, 511, 512, 8 ** 11 - 1, 8 ** 11, 40 * 1024 ** 3]) {
    it(`is read back with ${size} bytes`, () => {
      expect(parseHeader(fileHeader('blobs/sha256/ab', size))).toEqual({
        name: 'blobs/sha256/ab',
        size,
        type: '0',
        linkName: '',
      })
      expect((size + padding(size).length) % 512).toBe(0)
    })
  }
})

describe('chooseNodes()', () => {
  const record = (id: string, state: ContainerRecord['state'] = 'running'): ContainerRecord => ({
    id,
    state,
    everStarted: true,
    image: '',
    labels: { 'io.kina.cluster': 'dev', 'io.kina.role': id.includes('worker') ? 'worker' : 'control-plane' },
    address: undefined,
    gateway: undefined,
    publishedPorts: [],
    volumes: [],
    memoryBytes: 0,
  })
  const all = [record('dev-worker'), record('dev-control-plane')]
  it('takes all, or those that are named', () => {
    expect(chooseNodes(all, 'dev', []).map(({ id }) => id)).toEqual(['dev-control-plane', 'dev-worker'])
    expect(chooseNodes(all, 'dev', ['dev-worker']).map(({ id }) => id)).toEqual(['dev-worker'])
  })
  it('refuses clusters and nodes that are not there, and nodes that do not run', () => {
    expect(() => chooseNodes(all, 'none', [])).toThrow('no nodes found for cluster "none"')
    expect(() => chooseNodes(all, 'dev', ['a', 'b'])).toThrow('unknown node: "a", "b"')
    const still = [...all, record('dev-worker2', 'stopped')]
    expect(() => chooseNodes(still, 'dev', [])).toThrow('Cannot load images into dev-worker2')
    expect(chooseNodes(still, 'dev', ['dev-worker'])).toHaveLength(1)
  })
})
