import { describe, expect, it } from 'vitest'
import { explain, pasteable } from '../../../src/apple-container/failures.ts'
import { readVersion, supports, whyUnsupported } from '../../../src/apple-container/features.ts'
import { createContainer } from '../../../src/apple-container/operations/create.ts'
import { listImages, pullImage } from '../../../src/apple-container/operations/images.ts'
import { readLogs, removeContainers } from '../../../src/apple-container/operations/lifecycle.ts'
import { listContainers } from '../../../src/apple-container/operations/list.ts'
import { listNetworks } from '../../../src/apple-container/operations/network.ts'
import { createVolume, deleteVolumes, listVolumes } from '../../../src/apple-container/operations/volumes.ts'
import { systemStatus, systemVersion } from '../../../src/apple-container/operations/system.ts'
import type { CreateRequest } from '../../../src/apple-container/apple-container.ts'
import type { RunResult } from '../../../src/host/host.ts'
import { failureOf } from '../../support/failure-of.ts'

const failed = (stderr: string, own: Partial<RunResult> = {}): RunResult => ({
  argv: ['container', 'start', 'dev-worker'],
  exitCode: 1,
  stdout: '',
  stderr,
  ms: 1234,
  ended: 'exited',
  ...own,
})

describe('versions of container', () => {
  for (const [version, reason] of [
    ['0.12.3', 'it is older than 1.0.0'],
    ['1.0.0', undefined],
    ['1.1.0', undefined],
    ['1.2.0', 'it makes /proc/sys read-only in every container and has no switch for it'],
    ['1.2.1', undefined],
    ['1.2.2', undefined],
    ['1.10.0', undefined],
    ['main-abc', undefined],
  ] as const) {
    it(`${version} is ${reason === undefined ? 'fine' : 'refused'}`, () => expect(whyUnsupported(version)).toBe(reason))
  }
  it('have the flags for protected paths since 1.2.1', () => {
    const table = ['1.0.0', '1.2.0', '1.2.1', '1.10.0', '2.0.0', 'main-abc'].map((version) =>
      supports(version, 'protectedPathFlags'),
    )
    expect(table).toEqual([false, false, true, true, true, true])
  })
  it('are read from what each component says', () => {
    expect(readVersion('container-apiserver version 1.2.2 (build: release, commit: 0190097)')).toBe('1.2.2')
    expect([readVersion('1.2.2'), readVersion('unknown')]).toEqual(['1.2.2', 'unknown'])
  })
  it('come from both command line and service, or from the one that answers', () => {
    const cli = { appName: 'container', version: '1.2.2' }
    const service = { appName: 'container-apiserver', version: 'container-apiserver version 1.2.1 (build: release)' }
    expect(systemVersion.parse(JSON.stringify([cli, service]))).toEqual({ cli: '1.2.2', service: '1.2.1' })
    expect(systemVersion.parse(JSON.stringify([cli]))).toEqual({ cli: '1.2.2', service: undefined })
    expect(systemVersion.parse('[]')).toEqual({ cli: '', service: undefined })
  })
})

describe('volumes', () => {
  it('are made with labels, and with a journal of a size that is said', () => {
    const request = { name: 'dev', labels: { 'io.kina.run': 'r1' }, journal: true }
    expect(createVolume(request).argv).toEqual([
      'volume',
      'create',
      '--label=io.kina.run=r1',
      '--opt=journal=ordered:64m',
      'dev',
    ])
    expect(createVolume({ ...request, journal: false }).argv).not.toContain('--opt=journal=ordered:64m')
  })
  it('are listed by name, with the path of their disk', () => {
    const volume = (name: string, more: object = {}) => ({ configuration: { name, source: `/v/${name}`, ...more } })
    expect(listVolumes.parse(JSON.stringify([volume('b', { labels: { a: '1' } }), volume('a')]))).toEqual([
      { name: 'a', labels: {}, source: '/v/a' },
      { name: 'b', labels: { a: '1' }, source: '/v/b' },
    ])
  })
  it('are deleted in one call', () => expect(deleteVolumes(['a', 'b']).argv).toEqual(['volume', 'delete', 'a', 'b']))
})

describe('a failed call is explained', () => {
  for (const [stderr, code, hint] of [
    ['Error: interrupted: "XPC connection error: Connection invalid"', 'service-down', 'system start'],
    ['Error: Plugins are unavailable. Start the container system services', 'service-down', 'system start'],
    ['Error: default kernel not configured for architecture arm64', 'kernel-unsupported', 'kernel set'],
    ['Error: container with id dev already exists', 'name-taken', 'container list'],
    ['Error: Permission denied while binding to host port 80', 'port-taken', 'another host port'],
    ['Error: bind: address already in use (errno: 48)', 'port-taken', 'another host port'],
    ["Error: mount source path '/data' does not exist", 'node-boot-failed', 'hostPath'],
    ['Error: minimum memory amount allowed is 200 MiB', 'invalid-config', '--memory'],
    ['Error: platform linux/arm64/v8', 'image-unavailable', 'this platform'],
    ['Error: image sha256:ab does not support required platforms', 'image-unavailable', 'this platform'],
    ['Error: HTTP 404 Not Found', 'image-unavailable', 'Check the reference'],
    ['Error: Rosetta Translation is not available', 'host-unsupported', 'Apple silicon'],
  ] as const) {
    it(`${stderr}: ${code}`, () => {
      const error = explain('start it', failed(stderr), 'container')
      expect(error.code).toBe(code)
      expect(error.hint).toContain(hint)
      const summary = code === 'service-down' ? 'the container service does not run' : stderr.replace('Error: ', '')
      expect(error.message).toBe(`Cannot start it: ${summary}`)
      expect(error.seen).toEqual(['$ container start dev-worker', stderr])
    })
  }
  it('in its own words when nobody knows them, and by its exit code when it has none', () => {
    const unknown = explain('start it', failed('warning\nError: something new'), 'container')
    expect([unknown.code, unknown.message, unknown.hint]).toEqual([
      'command-failed',
      'Cannot start it: something new',
      undefined,
    ])
    expect(explain('start it', failed('', { exitCode: 70 }), 'container').message).toBe('Cannot start it: exit code 70')
  })
  it('when there is no such program', () => {
    const error = explain('start it', failed('ENOENT', { ended: 'not-found' }), 'container')
    expect([error.code, error.message]).toEqual([
      'container-missing',
      'Cannot start it: there is no program "container"',
    ])
  })
  it('when it took too long, or nobody wanted it any more', () => {
    const late = explain('start it', failed('', { ended: 'timed-out', ms: 61_000 }), 'container')
    expect([late.code, late.message]).toEqual(['timed-out', 'Cannot start it: no answer after 61 s'])
    expect(explain('start it', failed('', { ended: 'aborted' }), 'container').code).toBe('interrupted')
  })
  it('with the words of the call as they could be pasted', () => {
    expect(['a-b=c:/d', 'a b', "it's", ''].map(pasteable)).toEqual(['a-b=c:/d', "'a b'", String.raw`'it'\''s'`, "''"])
  })
})

describe('container create', () => {
  const request: CreateRequest = {
    name: 'dev-worker',
    image: 'docker.io/kindest/node:v1.37.0',
    platform: 'linux/arm64',
    labels: { 'io.kina.cluster': 'dev' },
    env: { KIND_DNS_SEARCH: '' },
    inheritedEnv: { HTTPS_PROXY: 'http://me:secret@proxy' },
    cpus: 4,
    memoryBytes: 4 * 1024 ** 3 + 1,
    mounts: [
      { source: '/a', target: '/b', readOnly: false },
      { source: '/c', target: '/d', readOnly: true },
    ],
    publish: [
      { hostAddress: '127.0.0.1', hostPort: 6443, containerPort: 6443, proto: 'tcp' },
      { hostAddress: '::1', hostPort: 53, containerPort: 5353, proto: 'udp' },
    ],
  }

  it('is told all of it, secrets by name alone', () => {
    const { argv, env } = createContainer(request, '1.2.2')
    expect(argv).toEqual([
      'create',
      '--name=dev-worker',
      '--label=io.kina.cluster=dev',
      '--platform=linux/arm64',
      '--cpus=4',
      '--memory=4096m',
      '--cap-add=ALL',
      '--masked-path=NONE',
      '--read-only-path=NONE',
      '--ulimit=nofile=1048576:1048576',
      '--network=default,mtu=1500',
      '--env=KIND_DNS_SEARCH=',
      '--env=HTTPS_PROXY',
      '--volume=/a:/b',
      '--volume=/c:/d:ro',
      '--publish=127.0.0.1:6443:6443/tcp',
      '--publish=[::1]:53:5353/udp',
      'docker.io/kindest/node:v1.37.0',
    ])
    expect(env).toEqual({ HTTPS_PROXY: 'http://me:secret@proxy' })
  })
  it('is not told of protected paths before 1.2.1', () => {
    expect(createContainer(request, '1.1.0').argv.join(' ')).not.toContain('path=NONE')
  })
  it('refuses a label that container would cut', async () => {
    const error = await failureOf(() => createContainer({ ...request, labels: { a: 'b=c' } }, '1.2.2'))
    expect([error.code, ...error.seen]).toEqual(['invalid-config', 'b=c'])
  })
})

describe('answers of container', () => {
  const record = (own: object, status: object): object => ({
    id: 'b',
    configuration: { image: { reference: 'i' }, ...own },
    status: { state: 'running', ...status },
  })

  it('list: cut to what kina uses, by name', () => {
    const text = JSON.stringify([
      record(
        {
          labels: { l: 'v' },
          resources: { cpus: 4, memoryInBytes: 4096 },
          publishedPorts: [{ hostAddress: '127.0.0.1', hostPort: 1, containerPort: 2, proto: 'tcp', count: 1 }],
        },
        {
          startedDate: '2026-11-24T12:00:00Z',
          networks: [{ ipv4Address: '192.168.64.2/24', ipv4Gateway: '192.168.64.1', network: 'default' }],
        },
      ),
      { ...record({}, { state: 'stopped', networks: [] }), id: 'a' },
    ])
    const [first, second] = listContainers.parse(text)
    expect(first).toEqual({
      id: 'a',
      state: 'stopped',
      everStarted: false,
      image: 'i',
      labels: {},
      address: undefined,
      gateway: undefined,
      memoryBytes: 0,
      publishedPorts: [],
      volumes: [],
    })
    expect(second).toMatchObject({
      id: 'b',
      everStarted: true,
      labels: { l: 'v' },
      memoryBytes: 4096,
      address: '192.168.64.2',
      gateway: '192.168.64.1',
      publishedPorts: [{ hostAddress: '127.0.0.1', hostPort: 1, containerPort: 2, proto: 'tcp' }],
    })
  })

  it('system status: the folder, among paths in later releases, empty where the service is down', () => {
    expect(systemStatus.parse('{"status": "running", "appRoot": "/data/"}')).toBe('/data/')
    expect(systemStatus.parse('{"status": "running", "paths": {"appRoot": "/data/"}}')).toBe('/data/')
    expect(systemStatus.parse('{"status": "unregistered", "appRoot": ""}')).toBe('')
    expect(systemStatus.parse('{"status": "unregistered"}')).toBe('')
    expect(systemStatus.alsoFine?.(failed('', { exitCode: 1 }))).toBe(true)
  })

  it('image list: the references', () => {
    expect(listImages.parse('[{"configuration": {"name": "docker.io/kindest/node:v1.37.0"}}]')).toEqual([
      'docker.io/kindest/node:v1.37.0',
    ])
  })

  it('network list: the default one, none where there is no such command', () => {
    const status = { ipv4Gateway: '192.168.64.1', ipv4Subnet: '192.168.64.0/24', ipv6Subnet: 'fd00::/64' }
    expect(listNetworks.parse(JSON.stringify([{ id: 'other' }, { id: 'default', status }]))).toEqual({
      gateway: '192.168.64.1',
      subnets: ['192.168.64.0/24', 'fd00::/64'],
    })
    expect(listNetworks.parse('[]')).toEqual({ gateway: undefined, subnets: [] })
    expect(listNetworks.parse('')).toBe(undefined)
    expect(listNetworks.alsoFine?.(failed("Error: unknown command 'network'", { exitCode: 64 }))).toBe(true)
    expect(listNetworks.alsoFine?.(failed('Error: Plugins are unavailable', { exitCode: 64 }))).toBe(false)
    expect(listNetworks.alsoFine?.(failed('Error: no', { exitCode: 1 }))).toBe(false)
  })

  it('delete: what is gone already is no failure, anything beside it is', () => {
    const { alsoFine } = removeContainers(['a', 'b'])
    const gone = 'Error: failed to delete one or more containers: ["a"]\nError: container a not found'
    expect(alsoFine?.(failed(gone))).toBe(true)
    expect(alsoFine?.(failed(`${gone}\nError: internalError: "vm is stuck"`))).toBe(false)
    expect(alsoFine?.(failed('Error: no'))).toBe(false)
  })

  it('logs: of the boot, or of the console', () => {
    expect(readLogs('a', 'boot').argv).toEqual(['logs', '--boot', 'a'])
    expect(readLogs('a', 'console').argv).toEqual(['logs', 'a'])
    expect(readLogs('a', 'console').parse('text')).toBe('text')
  })

  it('image pull: is asked again for what passes, never for a verdict', () => {
    const { argv, transient } = pullImage('i', 'linux/arm64')
    expect(argv).toEqual(['image', 'pull', '--platform', 'linux/arm64', '--progress', 'none', 'i'])
    const passes = (stderr: string): boolean | undefined => transient?.(explain('pull', failed(stderr), 'container'))
    expect(['HTTP 429', 'HTTP 503', 'connection reset', 'XPC timeout for request'].map(passes)).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect(['HTTP 401', 'HTTP 404 manifest unknown'].map(passes)).toEqual([false, false])
  })
})
