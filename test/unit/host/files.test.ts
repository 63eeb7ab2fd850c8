import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { files } from '../../../src/host/files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kina-files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

describe('files on a disk', () => {
  it('what is missing is undefined, false or empty, never an error', async () => {
    expect(await files.read(at('none'))).toBe(undefined)
    expect(await files.remove(at('none'))).toBe(false)
    expect(await files.rename(at('none'), at('other'))).toBe(false)
    expect(await files.kindOf(at('none'))).toBe(undefined)
    expect(await files.list(at('none'))).toEqual([])
    await writeFile(at('file'), '')
    expect(await files.read(join(at('file'), 'below'))).toBe(undefined)
  })

  it('another failure is one', async () => {
    let failure: unknown
    await files.read(folder).catch((error: unknown) => {
      failure = error
    })
    expect((failure as { code: string }).code).toBe('EISDIR')
  })

  it('are written whole, for the owner alone, with nothing beside them', async () => {
    await files.writeAtomically(at('config'), 'one')
    await files.writeAtomically(at('config'), 'two')
    expect(await readFile(at('config'), 'utf8')).toBe('two')
    expect(await modeOf(at('config'))).toBe('600')
    expect(await readdir(folder)).toEqual(['config'])
  })

  it('leave nothing behind when they cannot be put into place', async () => {
    await mkdir(at('taken'))
    await writeFile(join(at('taken'), 'x'), '')
    let failed = false
    await files.writeAtomically(at('taken'), 'text').catch(() => {
      failed = true
    })
    expect(failed).toBe(true)
    expect(await readdir(folder)).toEqual(['taken'])
  })

  it('are created by one alone', async () => {
    const made = await Promise.all([1, 2, 3].map((text) => files.createExclusively(at('lock'), String(text))))
    expect(made.filter(Boolean)).toHaveLength(1)
  })

  it('are linked and renamed by one alone', async () => {
    await files.writeAtomically(at('draft'), 'mine')
    expect(await files.link(at('draft'), at('lock'))).toBe(true)
    expect(await files.link(at('draft'), at('lock'))).toBe(false)
    const moved = await Promise.all([1, 2].map((name) => files.rename(at('lock'), at(`aside${name}`))))
    expect(moved.toSorted()).toEqual([false, true])
  })

  it('folders are made with those above them, for the owner alone', async () => {
    await files.makeFolder(at('a/b'))
    expect(await modeOf(at('a/b'))).toBe('700')
    expect(await files.kindOf(at('a/b'))).toBe('folder')
    expect(await files.list(at('a'))).toEqual(['b'])
  })

  it('know what they are', async () => {
    await files.writeAtomically(at('file'), '')
    expect(await files.kindOf(at('file'))).toBe('file')
    expect(await files.kindOf('/dev/null')).toBe('other')
  })
})

describe('whyNotWritable()', () => {
  it('is undefined for a file that can be written or made, and leaves nothing', async () => {
    await writeFile(at('there'), '')
    expect(await files.whyNotWritable(at('there'))).toBe(undefined)
    expect(await files.whyNotWritable(at('a/b/new'))).toBe(undefined)
    expect(await readdir(folder)).toEqual(['there'])
  })
  it('says that it is a folder', async () => {
    expect(await files.whyNotWritable(folder)).toBe('it is a folder')
  })
  it('says that something above it is a file', async () => {
    await writeFile(at('file'), '')
    expect(await files.whyNotWritable(join(at('file'), 'config'))).toBe(`${at('file')} is not a folder`)
  })
  it('says what the file system says', async () => {
    // Nobody makes files there, whoever is root.
    if (existsSync('/proc/1')) expect(await files.whyNotWritable('/proc/config')).toMatch(/ENOENT|EACCES|EPERM/)
    await chmod(folder, 0o700)
  })
})

describe('realPath()', () => {
  it('follows links, also to what is to be made', async () => {
    await symlink('target', at('link'))
    await symlink('link', at('link-to-link'))
    expect(await files.realPath(at('link-to-link'))).toBe(at('target'))
    await writeFile(at('target'), '')
    expect(await files.realPath(at('link-to-link'))).toBe(at('target'))
    expect(await files.realPath(at('none'))).toBe(at('none'))
  })
})
