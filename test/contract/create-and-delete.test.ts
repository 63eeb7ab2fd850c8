import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

describe('kina create cluster and delete cluster', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab()
  })
  afterEach(async () => {
    await lab.remove()
  })

  it('makes a cluster of one node that can be seen, asked and removed again', async () => {
    const created = await lab.kina(['create', 'cluster', 'dev'])
    expect(created.stderr).toContain('kubectl cluster-info --context kina-dev')
    expect(created.stderr).toMatch(/Times: .*control plane \d+\.\d s/)
    expect(created.exitCode).toBe(0)
    expect(created.stdout).toBe('')

    expect((await lab.kina(['get', 'clusters'])).stdout).toBe('dev\n')
    expect((await lab.kina(['get', 'nodes', '--name', 'dev'])).stdout).toBe('dev-control-plane\n')
    const status = await lab.kina(['status', 'dev'])
    expect(status.stdout).toMatch(/^dev: running\n/)
    expect(status.stdout).toMatch(/dev-control-plane +control-plane +running +Ready +v1\.37\.0/)
    expect(status.exitCode).toBe(0)
    expect((await lab.kina(['exec', 'dev-control-plane', '--', 'cat', '/kind/version'])).exitCode).toBe(0)

    const kubeconfig = await readFile(lab.kubeconfig, 'utf8')
    expect(kubeconfig).toContain('current-context: kina-dev')
    expect(kubeconfig).toMatch(/server: https:\/\/127\.0\.0\.1:\d+/)

    const deleted = await lab.kina(['delete', 'cluster', 'dev'])
    expect(deleted.stderr).toContain('Deleted nodes: ["dev-control-plane"]')
    expect(deleted.exitCode).toBe(0)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    expect(await readFile(lab.kubeconfig, 'utf8').catch(() => 'gone')).toBe('gone')

    const again = await lab.kina(['delete', 'cluster', 'dev'])
    expect(again.exitCode).toBe(0)
    expect((await lab.kina(['get', 'clusters'])).stderr).toContain('No kina clusters found.')
  })

  it('puts the former context back and leaves the kubeconfig as it was, byte for byte', async () => {
    const before =
      '# mine\napiVersion: v1\nkind: Config\ncurrent-context: home\ncontexts:\n- name: home\n  context: {cluster: home, user: me}\nclusters: []\nusers: []\n'
    const { mkdir, writeFile } = await import('node:fs/promises')
    const { dirname } = await import('node:path')
    await mkdir(dirname(lab.kubeconfig), { recursive: true })
    await writeFile(lab.kubeconfig, before)
    expect((await lab.kina(['create', 'cluster'])).exitCode).toBe(0)
    expect(await readFile(lab.kubeconfig, 'utf8')).toContain('current-context: kina-kina')
    expect((await lab.kina(['delete', 'cluster'])).exitCode).toBe(0)
    expect(await readFile(lab.kubeconfig, 'utf8')).toBe(before)
  })

  it('cleans the kubeconfig also when the nodes are gone already', async () => {
    await lab.kina(['create', 'cluster'])
    expect((await lab.container(['delete', '--force', 'kina-control-plane'])).exitCode).toBe(0)
    expect((await lab.kina(['delete', 'cluster'])).exitCode).toBe(0)
    expect(await readFile(lab.kubeconfig, 'utf8').catch(() => 'gone')).toBe('gone')
  })

  it('prints and exports the kubeconfig in every form', async () => {
    await lab.kina(['create', 'cluster', 'dev'])
    const text = (await lab.kina(['get', 'kubeconfig', '--name=dev'])).stdout
    expect(text).toContain('name: kina-dev')
    expect((await lab.kina(['get', 'kubeconfig', 'dev', '-o', 'name'])).stdout).toBe('kina-dev\n')
    expect(JSON.parse((await lab.kina(['get', 'kubeconfig', 'dev', '-ojson'])).stdout)).toMatchObject({
      kind: 'Config',
    })
    expect((await lab.kina(['get', 'kubeconfig', 'dev', '--internal'])).stdout).toContain(
      'server: https://dev-control-plane:6443',
    )
    const file = `${lab.home}/other.yaml`
    const exported = await lab.kina(['export', 'kubeconfig', 'dev', '--kubeconfig', file])
    expect(exported.stderr).toContain('Set kubectl context to "kina-dev"')
    expect(await readFile(file, 'utf8')).toContain('current-context: kina-dev')
    const missing = await lab.kina(['get', 'kubeconfig', 'nobody'])
    expect(missing.exitCode).toBe(4)
    expect(missing.stderr).toContain("could not locate any control plane nodes for cluster named 'nobody'")
  })
})
