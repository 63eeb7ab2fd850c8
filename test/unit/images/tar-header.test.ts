import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { blockSize, isZero, NotTar, parseHeader, parsePax } from '../../../src/images/archive/tar-header.ts'
import { fileHeader } from '../../../src/images/archive/write-tar.ts'

/** A header with some bytes changed, and a checksum that fits them. */
function header(change: (block: Buffer) => void): Buffer {
  const block = Buffer.from(fileHeader('etc/hosts', 12))
  change(block)
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

describe('parseHeader()', () => {
  it('reads what is written', () =>
    expect(parseHeader(fileHeader('etc/hosts', 12))).toEqual({ name: 'etc/hosts', size: 12, type: '0', linkName: '' }))

  it('puts a prefix before the name in ustar, and not in the form of GNU, where other things are in its place', () => {
    expect(parseHeader(header((block) => block.write('usr/share', 345))).name).toBe('usr/share/etc/hosts')
    const gnu = header((block) => {
      block.write('ustar  \0', 257)
      block.write('usr/share', 345)
    })
    expect(parseHeader(gnu).name).toBe('etc/hosts')
  })

  it('takes old and contiguous files for files, and knows links', () => {
    expect(parseHeader(header((block) => block.fill(0, 156, 157))).type).toBe('0')
    expect(parseHeader(header((block) => block.write('7', 156))).type).toBe('0')
    const link = header((block) => {
      block.write('2', 156)
      block.write('../passwd', 157)
    })
    expect(parseHeader(link)).toMatchObject({ type: '2', linkName: '../passwd' })
  })

  it('reads sizes in binary', () => expect(parseHeader(fileHeader('large', 8 ** 11 + 5)).size).toBe(8 ** 11 + 5))

  const broken: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['a block that is cut off', fileHeader('a', 1).subarray(0, 100), /ends within a header/],
    ['a wrong checksum', Buffer.from(fileHeader('a', 1)).fill('b', 0, 1), /checksum of a header is wrong/],
    ['a negative size', header((block) => block.fill(0xff, 124, 136)), /negative or too large/],
    [
      'a size beyond all bounds',
      header((block) => {
        block.fill(0xff, 124, 136)
        block[124] = 0x80
      }),
      /a size is too large/,
    ],
    ['a size in letters', header((block) => block.write('zzzzzzzzzzz', 124)), /a size is no number/],
    ['a name that is no text', header((block) => block.fill(0xff, 0, 2)), /a name is no UTF-8 text/],
    ['a link that leads to no text', header((block) => block.fill(0xff, 157, 159)), /the name of a link is no UTF-8/],
  ]
  for (const [what, block, says] of broken)
    it(`refuses ${what}`, () => {
      expect(() => parseHeader(block)).toThrow(NotTar)
      expect(() => parseHeader(block)).toThrow(says)
    })

  it('tells the end of an archive', () => {
    expect(isZero(new Uint8Array(blockSize))).toBe(true)
    expect(isZero(fileHeader('a', 0))).toBe(false)
  })
})

describe('parsePax()', () => {
  /** `30 path=...\n`: the length counts itself. */
  function record(text: string): string {
    let length = text.length + 3
    while (`${length} ${text}\n`.length !== length) length++
    return `${length} ${text}\n`
  }
  const pax = (...records: readonly string[]): ReturnType<typeof parsePax> =>
    parsePax(Buffer.from(records.map(record).join(''), 'latin1'))

  it('reads names, links and sizes, and leaves all else', () =>
    expect(pax('path=usr/a', 'linkpath=usr/b', 'size=9000000000', 'mtime=1.5', 'path=usr/c')).toEqual({
      name: 'usr/c',
      linkName: 'usr/b',
      size: 9_000_000_000,
    }))
  it('reads nothing from nothing', () => expect(parsePax(new Uint8Array(0))).toEqual({}))

  const broken: readonly (readonly [string, string, RegExp])[] = [
    ['no length', 'path=a\n', /header is broken/],
    ['a length that is too small', '3 path=a\n', /header is broken/],
    ['a length that counts nothing', '2 \n', /header is broken/],
    ['a length that leads out of it', '99 path=a\n', /header is broken/],
    ['a record without an end', '9 path=a.', /header is broken/],
    ['a record without a value', record('path'), /header is broken/],
    ['a sparse file', record('GNU.sparse.major=1'), /sparse file/],
    ['a size in letters', record('size=ten'), /a size is no number/],
    ['a size beyond all bounds', record('size=9999999999999999'), /a size is no number/],
    ['a name with a NUL', record('path=a\0b'), /holds a NUL/],
    ['a link with a NUL', record('linkpath=a\0b'), /holds a NUL/],
    ['a name that is no text', record('path=\xff\xfe'), /no UTF-8 text/],
  ]
  for (const [what, text, says] of broken)
    it(`refuses ${what}`, () => expect(() => parsePax(Buffer.from(text, 'latin1'))).toThrow(says))
})
