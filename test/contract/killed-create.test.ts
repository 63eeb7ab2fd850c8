import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

const before =
  'apiVersion: v1\nkind: Config\ncurrent-context: home\ncontexts: [{name: home, context: {cluster: home, user: me}}]\nclusters: []\nusers: []\n'

async function freshLab(): Promise<Lab> {
  const lab = await makeLab()
  await mkdir(dirname(lab.kubeconfig), { recursive: true })
  await writeFile(lab.kubeconfig, before)
  return lab
}

/** Calls of a create of two nodes, counted once: the cases below follow from it. */
const counting = await freshLab()
const whole = await counting.kina(['create', 'cluster', '--workers', '1'])
const calls = await counting.calls()
await counting.remove()

describe('a create that is killed', () => {
  it('has calls to be killed at', () => {
    expect(whole.exitCode).toBe(0)
    expect(calls.length).toBeGreaterThan(5)
  })

  calls.forEach((argv, index) => {
    const at = index + 1
    const effects = [
      ['and the call goes on', { endCaller: true }],
      ['and the service ends its work late', { endCaller: true, slowMs: 300, die: 'before' }],
    ] as const
    const [how, effect] = effects[index % 2] ?? effects[0]
    it(`at call ${at} (${argv[0]} ${argv[1]?.slice(0, 30)}), ${how}: delete leaves nothing`, async () => {
      const lab = await freshLab()
      try {
        const killed = await lab.start(['create', 'cluster', '--workers', '1'], {
          env: { LAB_FAULTS: JSON.stringify([{ at, do: effect }]) },
        }).ended
        expect(killed.exitCode).toBe(137)
        const deleted = await lab.kina(['delete', 'cluster'])
        expect(`${deleted.exitCode} ${deleted.exitCode === 0 ? '' : deleted.stderr}`).toBe('0 ')
        expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
        expect(await readFile(lab.kubeconfig, 'utf8')).toBe(before)
        expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
      } finally {
        await lab.remove()
      }
    })

    it(`at call ${at} (${argv[0]} ${argv[1]?.slice(0, 30)}): create --if-not-exists makes it whole`, async () => {
      const lab = await freshLab()
      try {
        await lab.start(['create', 'cluster', '--workers', '1'], {
          env: { LAB_FAULTS: JSON.stringify([{ at, do: effect }]) },
        }).ended
        const again = await lab.kina(['create', 'cluster', '--workers', '1', '--if-not-exists'])
        expect(`${again.exitCode} ${again.exitCode === 0 ? '' : again.stderr}`).toBe('0 ')
        expect((await lab.kina(['status'])).exitCode).toBe(0)
        expect((await lab.container(['list', '--all', '--quiet'])).stdout.split('\n').toSorted()).toEqual([
          '',
          'kina-control-plane',
          'kina-worker',
        ])
      } finally {
        await lab.remove()
      }
    })
  })
})

describe('create --if-not-exists', () => {
  it('is content with a finished cluster, refreshes its kubeconfig, and warns when it was made otherwise', async () => {
    const lab = await freshLab()
    try {
      await lab.kina(['create', 'cluster'])
      await writeFile(lab.kubeconfig, before)
      const same = await lab.kina(['create', 'cluster', '--if-not-exists'])
      expect(same.stderr).toContain('Cluster "kina" exists and runs')
      expect(same.stderr).not.toContain('another configuration')
      expect(same.exitCode).toBe(0)
      expect(await readFile(lab.kubeconfig, 'utf8')).toContain('current-context: kina-kina')
      const other = await lab.kina(['create', 'cluster', '--if-not-exists', '--cpus', '2'])
      expect(other.stderr).toContain('was made from another configuration')
      expect(other.exitCode).toBe(0)
      const plain = await lab.kina(['create', 'cluster'])
      expect(plain.stderr).toContain('node(s) already exist for a cluster with the name "kina"')
      expect(plain.exitCode).toBe(4)
    } finally {
      await lab.remove()
    }
  })

  it('touches nothing of a stopped cluster and says what to do', async () => {
    const lab = await freshLab()
    try {
      await lab.kina(['create', 'cluster', '--workers', '1'])
      await lab.container(['stop', 'kina-worker'])
      const some = await lab.kina(['create', 'cluster', '--if-not-exists'])
      expect(some.stderr).toContain('some of its nodes do not run')
      expect(some.exitCode).toBe(4)
      await lab.container(['stop', 'kina-control-plane'])
      const all = await lab.kina(['create', 'cluster', '--if-not-exists'])
      expect(all.stderr).toContain('it is stopped')
      expect(all.exitCode).toBe(4)
      const status = await lab.kina(['status'])
      expect(status.stdout).toContain('kina: stopped')
      expect(status.exitCode).toBe(1)
      expect((await lab.kina(['get', 'kubeconfig'])).exitCode).toBe(4)
      expect((await lab.kina(['exec', 'kina-worker', '--', 'true'])).exitCode).toBe(4)
      expect((await lab.container(['list', '--all', '--quiet'])).stdout.length).toBeGreaterThan(10)
    } finally {
      await lab.remove()
    }
  })

  it('takes no finished cluster for half-made, neither after a restart of the service nor when its node does not answer', async () => {
    const lab = await freshLab()
    try {
      await lab.kina(['create', 'cluster', '--workers', '1'])
      const all = (await lab.container(['list', '--all', '--quiet'])).stdout.split('\n').toSorted()
      const mute = [{ matches: ['exec', 'kina-control-plane'], do: { fail: { message: 'internalError: "no"' } } }]
      const env = { LAB_FAULTS: JSON.stringify(mute) }
      const unheard = await lab.kina(['create', 'cluster', '--if-not-exists'], { env })
      expect(unheard.stderr).toContain('the node does not answer')
      expect(unheard.exitCode).toBe(1)
      // The service forgets the start dates of containers when it is restarted.
      await lab.container(['system', 'stop'])
      await lab.container(['system', 'start', '--enable-kernel-install'])
      const stopped = await lab.kina(['create', 'cluster', '--if-not-exists'])
      expect(stopped.stderr).toContain('it is stopped')
      expect(stopped.exitCode).toBe(4)
      expect((await lab.container(['list', '--all', '--quiet'])).stdout.split('\n').toSorted()).toEqual(all)
      expect((await lab.calls()).filter(([word]) => word === 'delete')).toEqual([])
    } finally {
      await lab.remove()
    }
  })
})
