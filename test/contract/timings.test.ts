import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Timings } from '../../src/cluster/timings.ts'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

describe('kina timings', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await makeLab()
  })
  afterAll(() => lab.remove())

  it('has nothing to show before the first create', async () => {
    const { exitCode, stdout, stderr } = await lab.kina(['timings'])
    expect([exitCode, stdout, stderr]).toEqual([0, '', 'No run with steps has been kept yet.\n'])
  })

  it('shows the last runs step by step, also one that failed', async () => {
    const failing = [{ matches: ['start'], do: { fail: { message: 'internalError: "no"' } } }]
    const failed = await lab.kina(['create', 'cluster'], { env: { LAB_FAULTS: JSON.stringify(failing) } })
    expect(failed.exitCode).toBe(1)
    expect((await lab.kina(['create', 'cluster'])).exitCode).toBe(0)
    // What has no steps is not kept.
    expect((await lab.kina(['get', 'clusters'])).exitCode).toBe(0)
    const { stdout } = await lab.kina(['timings', '--runs', '9', '-o', 'json'])
    const runs = JSON.parse(stdout) as readonly Timings[]
    expect(runs.map(({ command, exitCode }) => [command, exitCode])).toEqual([
      ['create cluster', 0],
      ['create cluster', 1],
    ])
    expect(runs[0]?.steps.map(({ step }) => step)).toContain('init-control-plane kina-control-plane')
    expect(runs[1]?.steps.at(-1)).toMatchObject({ step: 'boot-node kina-control-plane', outcome: 'failed' })
    const table = await lab.kina(['timings'])
    expect(table.stdout).toMatch(/^create cluster, run \w+ at \S+: [\d.]+ s, exit code 0, \d+ calls, kina /)
    expect(table.stdout).toMatch(/ write-marker +done +·+█/)
    expect((await lab.kina(['timings', '-o', 'yaml'])).stdout).toContain('    - step: write-marker\n')
  })

  it('refuses a number of runs that is none', async () => {
    for (const runs of ['0', 'x', '1.5']) expect((await lab.kina(['timings', '--runs', runs])).exitCode).toBe(2)
  })

  it('never makes a create fail', async () => {
    expect((await readdir(join(lab.home, 'state/timings'))).length).toBe(2)
    const state = join(lab.home, 'elsewhere')
    const env = { KINA_STATE_DIR: state }
    expect((await lab.kina(['timings'], { env })).exitCode).toBe(0)
    await lab.kina(['delete', 'cluster'], { env })
    await writeFile(join(state, 'timings'), 'a file where the folder should be')
    await chmod(join(state, 'timings'), 0o600)
    const created = await lab.kina(['create', 'cluster'], { env })
    expect(created.stderr).toContain('Warning: Cannot keep the times of this run')
    expect(created.exitCode).toBe(0)
  })
})
