import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

describe('a container that kina cannot work with', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab()
  })
  afterEach(() => lab.remove())
  const versionOf = (release: string): { readonly env: Record<string, string> } => ({ env: { LAB_VERSION: release } })
  const restart = async (release: string): Promise<void> => {
    await lab.container(['system', 'stop'], versionOf(release))
    expect((await lab.container(['system', 'start', '--enable-kernel-install'], versionOf(release))).exitCode).toBe(0)
  }

  it('is refused before anything is made, with the way out', async () => {
    const { exitCode, stderr } = await lab.kina(['create', 'cluster'], versionOf('1.2.0'))
    expect(stderr).toContain('Cannot use container 1.2.0: it makes /proc/sys read-only in every container')
    expect(stderr).toContain(
      'Install container 1.2.1 or later, then run "container system stop" and "container system start"',
    )
    expect(exitCode).toBe(3)
    expect((await lab.calls()).map((words) => words.slice(0, 2).join(' '))).not.toContain('create')
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
  })

  it('has a service of another release, until the service is restarted as the hint says', async () => {
    for (const [service, says] of [
      ['1.2.0', 'Cannot use the container service 1.2.0'],
      ['1.1.0', 'Cannot use container 1.2.2 with its service still at 1.1.0'],
      ['later', 'Cannot use container 1.2.2 with its service still at 1.4.1'],
    ] as const) {
      await restart(service)
      const { exitCode, stderr } = await lab.kina(['create', 'cluster'], versionOf('1.2.2'))
      expect(stderr).toContain(says)
      expect(stderr).toContain('container system stop')
      expect(exitCode).toBe(3)
      expect((await lab.calls()).map(([word]) => word)).not.toContain('create')
    }
    await restart('1.2.2')
    expect((await lab.kina(['create', 'cluster'], versionOf('1.2.2'))).exitCode).toBe(0)
  })

  // What is older than the lab's releases, or odd, answers one question: a few lines of shell stand for it.

  async function answering(...lines: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const program = join(lab.root, 'container')
    await writeFile(program, `#!/bin/sh\n${lines.join('\n')}\n`)
    await chmod(program, 0o755)
    return { KINA_CONTAINER: program }
  }
  const versions = (cli: string): string =>
    `echo '[{"appName":"container","version":"${cli}"},{"appName":"container-apiserver","version":"container-apiserver version ${cli} (build: release)"}]'`

  it('that is too old is refused with the way out', async () => {
    const { exitCode, stderr } = await lab.kina(['create', 'cluster'], { env: await answering(versions('0.9.1')) })
    expect(stderr).toContain('Cannot use container 0.9.1: it is older than 1.0.0')
    expect(stderr).toContain('container system stop')
    expect(exitCode).toBe(3)
  })

  it('is only looked at when a reading command fails in a way that nobody knows', async () => {
    const list = 'case $1 in system) ;; *) echo "[]"; exit ;; esac'
    const fine = await lab.kina(['get', 'clusters'], { env: await answering(list, versions('1.2.0')) })
    expect(fine.exitCode).toBe(0)
    const other = 'case $1 in system) ;; *) echo "{}"; exit ;; esac'
    const odd = await lab.kina(['get', 'clusters'], { env: await answering(other, versions('0.9.1')) })
    expect(odd.stderr).toContain('it is older than 1.0.0')
    expect(odd.exitCode).toBe(3)
  })

  it('whose answer has another form', async () => {
    const { exitCode, stderr } = await lab.kina(['get', 'clusters'], { env: await answering('echo "{}"') })
    expect(stderr).toContain('answered in another form')
    expect(exitCode).toBe(1)
  })
})
