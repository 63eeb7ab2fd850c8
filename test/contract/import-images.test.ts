import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importImages } from '../../src/guest/programs.ts'
import { createHost } from '../../src/host/real-host.ts'

const words = 'images import --all-platforms --snapshotter overlayfs -'

/** The program as it is, in real bash, with a client of containerd's that notes what it is told. */
describe('the import of images in a node', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kina-import-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** @param options that this release of ctr knows for an import. */
  async function importWith(options: string, exitCode = 0): Promise<{ exitCode: number | null; told: string }> {
    const told = join(folder, 'told')
    const ctr = `#!/bin/sh\ncase "$*" in *--help) echo "${options}" ;; *) echo "$*" >>"${told}"; exit ${exitCode} ;; esac\n`
    await writeFile(join(folder, 'ctr'), ctr, { mode: 0o755 })
    const host = createHost({ PATH: `${folder}:${process.env['PATH'] ?? ''}` })
    const argv = ['bash', '-c', importImages.text, importImages.name, 'overlayfs']
    const result = await host.run(argv, { within: 60_000 })
    return {
      exitCode: result.ended === 'exited' ? result.exitCode : null,
      told: (await readFile(told, 'utf8')).replaceAll('--namespace k8s.io ', ''),
    }
  }

  it("leaves the archive to ctr itself, which takes half as long as the daemon's transfer service", async () => {
    expect(await importWith('--no-unpack\n--local\n--label')).toEqual({
      exitCode: 0,
      told: `${words.replace('import', 'import --local')}\n`,
    })
  })

  it('knows that containerd 1.6 has no other way, and no option for it', async () => {
    expect(await importWith('--no-unpack\n--label')).toEqual({ exitCode: 0, told: `${words}\n` })
  })

  it('ends as ctr does', async () => {
    expect((await importWith('--local', 7)).exitCode).toBe(7)
  })
})
