import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addressPlaces } from '../../../src/cluster/address-places.ts'
import { serverUrl } from '../../../src/cluster/enter-kubeconfig.ts'
import { kubeadmInput } from '../../../src/cluster/kubeadm-input.ts'
import { nodeProxies } from '../../../src/cluster/node-proxies.ts'
import { logFolder, stateFolder } from '../../../src/cluster/state-folder.ts'
import { resolve as resolveSpec } from '../../../src/config/resolve.ts'
import { specOf, specWithWorkers } from '../../support/specs.ts'

const platform = {
  os: 'linux',
  arch: 'arm64',
  home: '/home/me',
  cwd: '/',
  pid: 1,
  memoryBytes: 1,
  calledAs: 'kina',
} as const
const mac = { ...platform, os: 'darwin', home: '/Users/me' } as const

describe("kina's own folders", () => {
  const table: readonly [string, string, string][] = [
    ['state on a Mac', stateFolder({ env: {}, platform: mac }), '/Users/me/Library/Application Support/kina'],
    ['logs on a Mac', logFolder({ env: {}, platform: mac }), '/Users/me/Library/Logs/kina'],
    ['state elsewhere', stateFolder({ env: {}, platform }), '/home/me/.local/state/kina'],
    ['state by XDG', stateFolder({ env: { XDG_STATE_HOME: '/x' }, platform }), '/x/kina'],
    ['logs elsewhere', logFolder({ env: {}, platform }), '/home/me/.local/state/kina/logs'],
    ['state by KINA_STATE_DIR', stateFolder({ env: { KINA_STATE_DIR: '/s' }, platform: mac }), '/s'],
    ['logs by KINA_LOG_DIR', logFolder({ env: { KINA_LOG_DIR: '/l' }, platform: mac }), '/l'],
  ]
  for (const [what, is, expected] of table) it(`${what}: ${expected}`, () => expect(is).toBe(expected))
})

describe("the API server's address in a kubeconfig", () => {
  for (const [address, url] of [
    ['127.0.0.1', 'https://127.0.0.1:6443'],
    ['::1', 'https://[::1]:6443'],
    ['0.0.0.0', 'https://127.0.0.1:6443'],
    ['::', 'https://[::1]:6443'],
    ['192.168.1.5', 'https://192.168.1.5:6443'],
  ] as const) {
    it(`${address}: ${url}`, () => expect(serverUrl(address, 6443)).toBe(url))
  }
})

describe('proxies reach the nodes', () => {
  const proxied = (env: Record<string, string>): ReturnType<typeof nodeProxies> => {
    const { spec } = resolveSpec(
      { allowDegraded: false, workers: '1' },
      { product: 'kina', env, arch: 'arm64', cwd: '/' },
    )
    return nodeProxies(spec, env, { gateway: '192.168.64.1', subnets: ['192.168.64.0/24', 'fd00::/64'] })
  }
  it('not when there are none', () => expect(proxied({})).toEqual({}))
  it('in both spellings, with all that is inside excepted', () => {
    const noProxy =
      'corp.example,localhost,10.96.0.0/16,10.244.0.0/16,192.168.64.0/24,fd00::/64,192.168.64.1,kina-control-plane,kina-worker,127.0.0.1,.svc,.svc.cluster,.svc.cluster.local'
    expect(proxied({ https_proxy: 'http://p:3128', NO_PROXY: 'corp.example,localhost' })).toEqual({
      HTTPS_PROXY: 'http://p:3128',
      https_proxy: 'http://p:3128',
      NO_PROXY: noProxy,
      no_proxy: noProxy,
    })
  })
  it('with the fixed network of macOS 15, which cannot be asked', () => {
    const spec = { ...specOf(), proxyVariables: ['HTTP_PROXY'] }
    expect(nodeProxies(spec, { HTTP_PROXY: 'http://p' }, undefined)['NO_PROXY']).toContain(
      '192.168.64.0/24,192.168.64.1',
    )
    expect(nodeProxies(spec, {}, { gateway: undefined, subnets: [] })['HTTP_PROXY']).toBe('')
  })
})

describe("what a node's kubeadm configuration is made from", () => {
  const spec = specWithWorkers(1)
  const [first, worker] = spec.nodes
  if (!first || !worker) throw new Error('nodes are missing')
  const facts = { version: 'v1.37.0', address: '192.168.64.3', secondAddress: undefined }

  it('names the control plane, and itself by its address', () => {
    const input = kubeadmInput(spec, worker, facts, 't')
    expect(input).toMatchObject({
      nodeName: 'dev-worker',
      controlPlaneEndpoint: 'dev-control-plane:6443',
      nodeAddress: '192.168.64.3',
      nodeAddresses: '192.168.64.3',
      providerId: 'kina://apple-container/dev/dev-worker',
      certSans: ['localhost', '127.0.0.1', 'dev-control-plane'],
    })
  })
  it('has an address of each family in dual stack', () => {
    const input = kubeadmInput(spec, first, { ...facts, secondAddress: 'fd00::3' }, 't')
    expect([input.nodeAddress, input.nodeAddresses]).toEqual(['192.168.64.3', '192.168.64.3,fd00::3'])
  })
  it('certifies the address that the API server is published on', () => {
    const open = specOf('networking: {apiServerAddress: 192.168.1.5}')
    expect(kubeadmInput(open, first, facts, 't').certSans).toContain('192.168.1.5')
  })
})

describe("the places that carry a node's address", () => {
  it('are listed in the documentation as in the source', async () => {
    const text = await readFile(resolve(import.meta.dirname ?? '', '../../../docs/architecture.md'), 'utf8')
    const section = text.slice(text.indexOf("## What carries a node's address"), text.indexOf('kubeconfigs carry'))
    const rows = section.split('\n').filter((line) => /^\| [/e]/.test(line))
    expect(rows).toEqual(addressPlaces.map(({ place, on, renewal }) => `| ${place} | ${on} | ${renewal} |`))
  })
})
