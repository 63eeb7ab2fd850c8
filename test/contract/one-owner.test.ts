import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

/** Begin and end of kubeadm's runs in a node, in milliseconds since 1970. */
async function kubeadmRuns(lab: Lab, node: string): Promise<readonly { readonly what: string; readonly at: number }[]> {
  const text = await readFile(`${lab.root}/lab/guests/${node}/root/var/log/lab/kubeadm-runs`, 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, what = '', at = ''] = /^(.*) (\d+)$/.exec(line) ?? []
      return { what, at: Number(at) }
    })
}

describe('a cluster has one owner at a time', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab()
  })
  afterEach(async () => {
    await lab.remove()
  })

  it('two creates at once: one makes the cluster, the other says who is at work', async () => {
    const runs = [lab.start(['create', 'cluster']), lab.start(['create', 'cluster'])]
    const outcomes = await Promise.all(runs.map(({ ended }) => ended))
    expect(outcomes.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 4])
    expect(outcomes.find(({ exitCode }) => exitCode === 4)?.stderr).toMatch(
      /another kina is at work on it\n {2}process \d+: create cluster/,
    )
    expect((await lab.kina(['status'])).exitCode).toBe(0)
  })

  it('a delete during a create is refused and changes nothing', async () => {
    const creating = lab.start(['create', 'cluster'])
    await creating.saw(/Boot kina-control-plane/)
    const refused = await lab.kina(['delete', 'cluster'])
    expect(refused.exitCode).toBe(4)
    expect((await creating.ended).exitCode).toBe(0)
  })

  it('a session that is lost during kubeadm init is opened again, and exactly one init runs to its end', async () => {
    const running = lab.start(['create', 'cluster'], { env: { LAB_KUBEADM_MS: '1500' } })
    await running.saw(/Prepare kina-control-plane/)
    const pid = await sessionOf(lab)
    process.kill(pid, 'SIGKILL')
    const outcome = await running.ended
    expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
    const runs = await kubeadmRuns(lab, 'kina-control-plane')
    expect(runs.filter(({ what }) => what === 'init done').length).toBe(1)
    // Whatever began before was ended before the next began.
    const begun = runs.filter(({ what }) => what === 'init begin')
    expect(begun.length).toBeLessThanOrEqual(2)
  })

  it('kubeadm init has begun before the second node has booted', async () => {
    const env = { LAB_FAULTS: JSON.stringify([{ matches: ['start', 'kina-worker'], do: { slowMs: 2000 } }]) }
    const created = await lab.kina(['create', 'cluster', '--workers', '1', '--log-format', 'json'], { env })
    expect(created.exitCode).toBe(0)
    const booted =
      created.stderr
        .split('\n')
        .find((line) => line.includes('"step-ended"') && line.includes('"boot-node kina-worker"')) ?? '{}'
    const [begin] = await kubeadmRuns(lab, 'kina-control-plane')
    expect(begin?.what).toBe('init begin')
    expect(begin?.at).toBeLessThan(Date.parse((JSON.parse(booted) as { at: string }).at))
  })
})

/** The process of the open session, found as an operator would. */
async function sessionOf(lab: Lab): Promise<number> {
  const { readdir } = await import('node:fs/promises')
  for (;;) {
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      if (line.includes('main.ts\0exec\0-i\0kina-control-plane') && environment.includes(`LAB_ROOT=${lab.root}/lab`))
        return Number(pid)
    }
  }
}
