import { execFileSync } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

describe('a disk that is full', () => {
  let lab: Lab
  let disk: string
  const env = (): Record<string, string> => ({ KINA_STATE_DIR: join(disk, 'state'), KINA_LOG_DIR: join(disk, 'logs') })
  const left = async (): Promise<string> => (await lab.container(['list', '--all', '--quiet'])).stdout
  const fill = async (): Promise<void> => {
    const filled = await writeFile(join(disk, 'filler'), new Uint8Array(1024 * 1024)).catch(
      (error: { code?: string }) => error.code,
    )
    expect(filled).toBe('ENOSPC')
  }

  beforeEach(async () => {
    lab = await makeLab()
    disk = join(lab.root, 'disk')
    await mkdir(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'kina-test', disk])
  })
  afterEach(async () => {
    execFileSync('umount', [disk])
    await lab.remove()
  })

  it('starts no create, and keeps no delete from freeing it', async () => {
    expect((await lab.kina(['create', 'cluster'], { env: env() })).exitCode).toBe(0)
    await fill()
    const created = await lab.kina(['create', 'cluster', 'two'], { env: env() })
    expect(created.stderr).toMatch(/Cannot write in the state folder "\S+"[^]*ENOSPC/)
    expect(created.exitCode).toBe(3)
    const deleted = await lab.kina(['delete', 'cluster'], { env: env() })
    expect(deleted.stderr).toMatch(/Warning: Cannot write in the state folder "\S+"; go on without a lock \(ENOSPC/)
    expect(deleted.exitCode).toBe(0)
    expect(await left()).toBe('')
  })

  it("does not let a delete pass a living owner's lock, and removes a dead one's", async () => {
    const creating = lab.start(['create', 'cluster'], { env: { ...env(), LAB_KUBEADM_MS: '60000' } })
    await creating.saw(/Prepare kina-control-plane/)
    await fill()
    const refused = await lab.kina(['delete', 'cluster'], { env: env() })
    expect(refused.stderr).toContain('another kina is at work on it')
    expect(refused.exitCode).toBe(4)
    creating.child.kill('SIGKILL')
    await creating.ended
    expect((await lab.kina(['delete', 'cluster'], { env: env() })).exitCode).toBe(0)
    expect(await left()).toBe('')
    expect(await readdir(join(disk, 'state/locks'))).toEqual([])
  })

  it('does not keep a failed create from being undone, though nothing explains the failure', async () => {
    const creating = lab.start(['create', 'cluster'], { env: { ...env(), LAB_KUBEADM_MS: '60000' } })
    await creating.saw(/Prepare kina-control-plane/)
    await fill()
    creating.child.kill('SIGINT')
    const { exitCode, stderr } = await creating.ended
    expect(stderr).toContain('Warning: Cannot save the evidence of the failure: ENOSPC')
    expect(exitCode).toBe(130)
    expect(await left()).toBe('')
  })

  it('is announced while there is still some room where container keeps its data', async () => {
    const small = await makeLab({ below: disk })
    try {
      const warned = await small.kina(['create', 'cluster', '--image', 'no.such/image:1'])
      expect(warned.stderr).toMatch(/Warning: The disk with the data of container \(\S+\) has 0 MiB free/)
    } finally {
      await small.remove()
    }
    const fine = await lab.kina(['create', 'cluster', '--image', 'no.such/image:1'])
    expect(fine.stderr).not.toContain('The disk with the data of container')
  })
})
