import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acquireClusterLock } from '../../../src/cluster/cluster-lock.ts'
import { enterKubeconfig, kubeconfigToWrite, leaveKubeconfigs } from '../../../src/cluster/enter-kubeconfig.ts'
import type { Kina } from '../../../src/cluster/kina.ts'
import { deadlines } from '../../../src/config/defaults.ts'
import { KinaError } from '../../../src/errors.ts'
import { createHost } from '../../../src/host/real-host.ts'
import type { Host } from '../../../src/host/host.ts'
import { draftOf } from '../../../src/host/owner-file.ts'
import { failureOf } from '../../support/failure-of.ts'

let folder = ''
let host: Host
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kina-locks-'))
  host = hostWith({})
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function hostWith(env: Readonly<Record<string, string>>): Host {
  return createHost({ PATH: process.env['PATH'], HOME: folder, KINA_STATE_DIR: folder, ...env })
}

describe('the lock of a cluster', () => {
  const mine = { run: 'mine', command: 'create cluster' }
  const path = (): string => join(folder, 'locks/dev.lock')

  async function plant(text: string): Promise<void> {
    await mkdir(join(folder, 'locks'), { recursive: true })
    await writeFile(path(), text)
  }

  it('names its owner while it is held, and is gone afterwards', async () => {
    {
      await using lock = await acquireClusterLock(host, 'dev', mine)
      expect(lock.tookOver).toBe(false)
      expect(JSON.parse(await readFile(path(), 'utf8'))).toMatchObject({ pid: process.pid, run: 'mine', children: [] })
    }
    expect(await readdir(join(folder, 'locks'))).toEqual([])
  })

  it('is refused to a second one, who is told by whom', async () => {
    await using _lock = await acquireClusterLock(host, 'dev', mine)
    const error = await failureOf(acquireClusterLock(host, 'dev', { run: 'other', command: 'delete cluster' }))
    expect(error.code).toBe('cluster-locked')
    expect(error.seen).toEqual([`process ${process.pid}: create cluster, run mine`])
    expect(await readdir(join(folder, 'locks'))).toEqual(['dev.lock'])
  })

  it('is of one cluster', async () => {
    await using _dev = await acquireClusterLock(host, 'dev', mine)
    await using other = await acquireClusterLock(host, 'other', mine)
    expect(other.tookOver).toBe(false)
  })

  it('of a dead owner is taken over, and its children are ended', async () => {
    const child = host.open(['sleep', '60'])
    const startTime = await host.processes.startTime(child.pid)
    const children = [{ pid: child.pid, startTime }]
    await plant(JSON.stringify({ pid: 2 ** 22 + 1, startTime: '1', run: 'dead', command: 'create cluster', children }))
    await using lock = await acquireClusterLock(host, 'dev', mine)
    expect(lock.tookOver).toBe(true)
    expect((await child.exited).exitCode).toBe(143)
    expect(await readdir(join(folder, 'locks'))).toEqual(['dev.lock'])
  })

  it('of a dead owner whose number another process has now is taken over, and that one is left alone', async () => {
    const child = host.open(['sleep', '60'])
    const others = { pid: child.pid, startTime: 'long ago' }
    await plant(JSON.stringify({ ...others, run: 'dead', command: 'create cluster', children: [others] }))
    await using lock = await acquireClusterLock(host, 'dev', mine)
    expect(lock.tookOver).toBe(true)
    expect(await host.processes.startTime(child.pid)).toMatch(/\S/)
    await child.end(0)
  })

  it('that cannot be read is taken over', async () => {
    await plant('{"pid": ')
    await using lock = await acquireClusterLock(host, 'dev', mine)
    expect(lock.tookOver).toBe(true)
  })

  it('is taken over by one alone, however many try and whenever the owner before them lets go', async () => {
    for (let round = 0; round < 60; round++) {
      if (round % 2 === 0) await plant('')
      else await plant(JSON.stringify({ pid: 2 ** 22 + 1, startTime: '1', run: 'dead', command: 'x', children: [] }))
      let holders = 0
      let most = 0
      let took = 0
      const attempt = async (run: string): Promise<void> => {
        try {
          await using lock = await acquireClusterLock(hostWith({}), 'dev', { run, command: 'delete cluster' })
          holders++
          most = Math.max(most, holders)
          if (lock.tookOver) took++
          await host.clock.sleep(round % 3)
          holders--
        } catch (error) {
          if (!(error instanceof KinaError) || error.code !== 'cluster-locked') throw error
        }
      }
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map(attempt))
      expect([most, took]).toEqual([1, 1])
      expect(await readdir(join(folder, 'locks'))).toEqual([])
    }
  })

  it('is taken over also when the one who was about to take it over died', async () => {
    const dead = { pid: 2 ** 22 + 1, startTime: '1', command: 'x', children: [] }
    await plant(JSON.stringify({ ...dead, run: 'first' }))
    await writeFile(`${path()}.after-first`, JSON.stringify({ ...dead, run: 'second' }))
    {
      await using lock = await acquireClusterLock(host, 'dev', mine)
      expect(lock.tookOver).toBe(true)
    }
    expect(await readdir(join(folder, 'locks'))).toEqual([])
  })

  it('leaves nothing of processes that were killed while they wrote it or took it over, and touches nothing else', async () => {
    const killed = host.open(['sleep', '60'])
    const dead = { pid: killed.pid, startTime: (await host.processes.startTime(killed.pid)) ?? '' }
    const alive = { pid: process.pid, startTime: (await host.processes.startTime(process.pid)) ?? '' }
    await killed.end(0)
    await mkdir(join(folder, 'locks'), { recursive: true })
    const owner = JSON.stringify({ ...dead, run: 'dead', command: 'x', children: [] })
    await writeFile(draftOf(path(), dead, '1'), owner.slice(0, 9))
    await writeFile(draftOf(`${path()}.after-dead`, dead, '2'), '')
    await writeFile(`${path()}.after-longdead`, owner)
    await writeFile(`${path()}.after-longdead.after-dead`, '')
    const others = [
      draftOf(path(), alive, '3'),
      join(folder, 'locks/dev.lock.lock'),
      join(folder, 'locks/dev.lock.kept'),
    ]
    for (const other of others) await writeFile(other, owner)
    {
      await using lock = await acquireClusterLock(host, 'dev', mine)
      expect(lock.tookOver).toBe(false)
    }
    const left = (await readdir(join(folder, 'locks'))).map((name) => join(folder, 'locks', name))
    expect(left.toSorted()).toEqual(others.toSorted())
  })

  it('says which folder cannot be written', async () => {
    await writeFile(join(folder, 'locks'), '')
    const error = await failureOf(acquireClusterLock(host, 'dev', mine))
    expect(error.code).toBe('state-unwritable')
    expect(error.message).toContain(join(folder, 'locks'))
    expect(error.hint).toContain('KINA_STATE_DIR')
  })

  it('lists the children of its owner', async () => {
    await using _lock = await acquireClusterLock(host, 'dev', mine)
    await host.run(['true'], { within: 10_000 })
    const child = host.open(['sleep', '60'])
    const listed = async (): Promise<readonly number[]> =>
      (JSON.parse(await readFile(path(), 'utf8')) as { children: { pid: number }[] }).children.map(({ pid }) => pid)
    while (!(await listed()).includes(child.pid)) await host.clock.sleep(1)
    await child.end(0)
  })
})

describe('the kubeconfig on the disk', () => {
  const addition = JSON.stringify({
    'apiVersion': 'v1',
    'kind': 'Config',
    'clusters': [{ name: 'kina-dev', cluster: { server: 'https://127.0.0.1:6443' } }],
    'users': [{ name: 'kina-dev', user: {} }],
    'contexts': [{ name: 'kina-dev', context: { cluster: 'kina-dev', user: 'kina-dev' } }],
    'current-context': 'kina-dev',
  })
  const at = (name: string): string => join(folder, name)

  function kinaOn(its: Host, kubeconfigLock = 50): Kina {
    return {
      host: its,
      report: () => undefined,
      signal: new AbortController().signal,
      deadlines: { ...deadlines(1), kubeconfigLock },
      timeoutScale: 1,
      run: 'r1',
      version: '0.1.0',
      product: 'kina',
    }
  }

  async function chosen(env: Readonly<Record<string, string>>, flag?: string): Promise<string> {
    return await kubeconfigToWrite(kinaOn(hostWith(env)), flag)
  }

  describe('is chosen as kubectl does', () => {
    it('by the flag', async () => expect(await chosen({ KUBECONFIG: at('a') }, at('b'))).toBe(at('b')))
    it('at home', async () => expect(await chosen({})).toBe(at('.kube/config')))
    it('the last of several that do not exist', async () => {
      expect(await chosen({ KUBECONFIG: `${at('a')}:${at('b')}` })).toBe(at('b'))
    })
    it('the first that exists', async () => {
      await writeFile(at('b'), '')
      expect(await chosen({ KUBECONFIG: `${at('a')}:${at('b')}:${at('c')}` })).toBe(at('b'))
    })
    it('the first that exists, whatever those behind it have: kubectl reads the first', async () => {
      await writeFile(at('a'), '')
      await writeFile(at('b'), addition)
      expect(await chosen({ KUBECONFIG: `${at('a')}:${at('b')}` })).toBe(at('a'))
    })
    it('behind a link', async () => {
      await symlink('real', at('link'))
      expect(await chosen({}, at('link'))).toBe(at('real'))
    })
  })

  it('that cannot be written is refused before anything starts', async () => {
    await writeFile(at('file'), '')
    const error = await failureOf(chosen({}, join(at('file'), 'config')))
    expect([error.code, ...error.seen]).toEqual(['kubeconfig-unwritable', `${at('file')} is not a folder`])
  })

  it('that cannot be read is refused too', async () => {
    const error = await failureOf(chosen({ KUBECONFIG: `${at('none')}:${folder}` }))
    expect(error.code).toBe('kubeconfig-unwritable')
    expect(error.seen[0]).toContain('EISDIR')
  })

  it('is entered and left, and gone when kina made it', async () => {
    const kina = kinaOn(hostWith({}))
    await enterKubeconfig(kina, at('.kube/config'), addition)
    expect(await readFile(at('.kube/config'), 'utf8')).toContain('kina-dev')
    await leaveKubeconfigs(kina, 'dev', undefined)
    expect(await readdir(at('.kube'))).toEqual([])
    await leaveKubeconfigs(kina, 'dev', undefined)
  })

  it('is left in every file that has the context, and others are not touched', async () => {
    const kina = kinaOn(hostWith({ KUBECONFIG: ['a', 'b', 'c'].map(at).join(':') }))
    await enterKubeconfig(kina, at('a'), addition)
    await writeFile(at('c'), '# mine\n')
    await enterKubeconfig(kina, at('c'), addition)
    await leaveKubeconfigs(kina, 'dev', undefined)
    expect(await readdir(folder)).toEqual(['c'])
    expect(await readFile(at('c'), 'utf8')).toBe('# mine\n')
  })

  it("waits for kubectl's lock, and never takes it over", async () => {
    await writeFile(at('config.lock'), '')
    const error = await failureOf(enterKubeconfig(kinaOn(host), at('config'), addition))
    expect([error.code, ...error.seen]).toEqual(['kubeconfig-unwritable', `${at('config.lock')} exists`])
    expect(await readdir(folder)).toEqual(['config.lock'])
    const entering = enterKubeconfig(kinaOn(host, 10_000), at('config'), addition)
    await host.clock.sleep(1)
    await rm(at('config.lock'))
    await entering
    expect(await readdir(folder)).toEqual(['config'])
  })

  it('says what the file system said', async () => {
    await writeFile(at('file'), '')
    const error = await failureOf(enterKubeconfig(kinaOn(host), join(at('file'), 'config'), addition))
    expect(error.code).toBe('kubeconfig-unwritable')
    expect(error.seen[0]).toMatch(/EEXIST|ENOTDIR/)
  })
})
