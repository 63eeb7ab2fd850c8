import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

describe('kina on hosts that are not ready', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab()
  })
  afterEach(async () => {
    await lab.remove()
  })

  it('says how to install container where it is missing', async () => {
    const { exitCode, stderr } = await lab.kina(['get', 'clusters'], { env: { KINA_CONTAINER: 'no-such-container' } })
    expect(stderr).toContain('there is no program "no-such-container"')
    expect(exitCode).toBe(3)
  })

  it('starts the service for create and says so, and tells readers how to', async () => {
    await lab.container(['system', 'stop'])
    const read = await lab.kina(['get', 'clusters'])
    expect(read.stderr).toContain('container system start --enable-kernel-install')
    expect(read.exitCode).toBe(3)
    const created = await lab.kina(['create', 'cluster'])
    expect(created.stderr).toContain('Start the container service')
    expect(created.exitCode).toBe(0)
  })

  it('makes one node on macOS 15 and refuses more before anything is made', async () => {
    const env = { LAB_MACOS: '15' }
    const two = await lab.kina(['create', 'cluster', '--workers', '1'], { env })
    expect(two.stderr).toContain('on macOS 15 nodes cannot reach each other')
    expect(two.exitCode).toBe(3)
    expect((await lab.calls()).some(([word]) => word === 'create')).toBe(false)
    expect((await lab.kina(['create', 'cluster'], { env })).exitCode).toBe(0)
  })

  it('undoes a cluster that wants IPv6 addresses where there are none, and says what IPv6 needs', async () => {
    const input = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {ipFamily: ipv6}\n'
    const words = ['create', 'cluster', '--config', '-']
    const { exitCode, stderr } = await lab.kina(words, { env: { LAB_MACOS: '15' }, input })
    expect(stderr).toContain('it has no IPv6 address')
    expect(exitCode).toBe(3)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
  })

  it('refuses a guest kernel without nf_tables and names the command that mends it', async () => {
    const { exitCode, stderr } = await lab.kina(['create', 'cluster'], { env: { LAB_KERNEL: '6.12.28' } })
    expect(stderr).toContain('its guest kernel has no nf_tables')
    expect(stderr).toContain('container system kernel set --recommended --force')
    expect(exitCode).toBe(3)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
  })

  it('works on every other guest kernel that is found in the wild', async () => {
    for (const kernel of ['6.18.5', '6.18.15', '6.18.35']) {
      const env = { LAB_KERNEL: kernel }
      const { exitCode, stderr } = await lab.kina(['create', 'cluster'], { env })
      expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
      const { stdout } = await lab.container(['exec', 'kina-control-plane', 'uname', '-r'])
      expect(stdout).toBe(`${kernel}\n`)
      expect((await lab.kina(['delete', 'cluster'])).exitCode).toBe(0)
    }
  })

  it('never touches a container of somebody else that has the name of a node', async () => {
    await lab.container([
      'create',
      '--name',
      'kina-worker',
      'docker.io/kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5',
    ])
    const { exitCode, stderr } = await lab.kina(['create', 'cluster', '--workers', '1'])
    expect(stderr).toContain('a container named "kina-worker" exists and is not part of it')
    expect(exitCode).toBe(4)
    expect((await lab.kina(['delete', 'cluster'])).exitCode).toBe(0)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('kina-worker\n')
  })

  it('pulls a node image that is not there, for its one platform', async () => {
    const other = await makeLab({ images: [] })
    try {
      const registry = `${other.root}/registry.json`
      const { writeFile } = await import('node:fs/promises')
      await writeFile(registry, JSON.stringify(['docker.io/kindest/node:v1.36.0']))
      const { exitCode, stderr } = await other.kina(
        ['create', 'cluster', '--image', 'kindest/node:v1.36.0', '--image-cache', 'off'],
        {
          env: { LAB_REGISTRY: registry },
        },
      )
      expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
      const pull = (await other.calls()).find(([first, second]) => first === 'image' && second === 'pull')
      expect(pull).toContain('--platform')
      const missing = await other.kina(
        ['create', 'cluster', 'two', '--image', 'kindest/node:v9.9.9', '--image-cache', 'off'],
        {
          env: { LAB_REGISTRY: registry },
        },
      )
      expect(missing.stderr).toContain('image-unavailable')
      expect(missing.exitCode).toBe(1)
    } finally {
      await other.remove()
    }
  })

  it('refuses a kubeconfig that cannot be written before anything is made', async () => {
    const { exitCode, stderr } = await lab.kina(['create', 'cluster', '--kubeconfig', '/proc/no/such'])
    expect(stderr).toContain('Cannot write the kubeconfig')
    expect(exitCode).toBe(3)
    expect((await lab.calls()).some(([word]) => word === 'create')).toBe(false)
  })
})
