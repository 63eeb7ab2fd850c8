import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { archiveEnd, fileHeader, padding } from '../../../src/images/archive/write-tar.ts'

describe('an archive', () => {
  it('is what tar reads', () => {
    const files = [
      ['oci-layout', 'one'],
      [`blobs/sha256/${'a'.repeat(64)}`, 'x'.repeat(512)],
      ['empty', ''],
    ] as const
    const pieces = files.flatMap(([name, text]) => [
      fileHeader(name, text.length),
      new TextEncoder().encode(text),
      padding(text.length),
    ])
    const archive = [...pieces, archiveEnd].flatMap((piece) => [...piece])
    expect(archive.length % 512).toBe(0)
    const listed = execFileSync('tar', ['-tvf', '-'], { input: new Uint8Array(archive), encoding: 'utf8' })
    const lines = listed.trim().split('\n')
    expect(lines.map((line) => line.split(/\s+/).at(-1))).toEqual(files.map(([name]) => name))
    for (const line of lines) expect(line.startsWith('-rw-r--r--')).toBe(true)
    const read = execFileSync('tar', ['-xOf', '-', files[1][0]], { input: new Uint8Array(archive), encoding: 'utf8' })
    expect(read).toBe(files[1][1])
  })

  it('holds files of more than 8 GiB', () => {
    const size = 8 ** 11 + 12_345
    // Without the content tar ends with an error, after it has said what should be there.
    const { stdout } = spawnSync('tar', ['-tvf', '-'], { input: fileHeader('large', size), encoding: 'utf8' })
    expect(stdout).toContain(` ${size} `)
  })
})
