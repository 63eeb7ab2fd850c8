import { describe, expect, it } from 'vitest'
import type { ContainerRecord } from '../../../src/apple-container/apple-container.ts'
import { clustersAmong, runningControlPlane, type ClusterRecord } from '../../../src/cluster/inspect.ts'
import { parseMarker, specDigest } from '../../../src/cluster/marker.ts'
import { contextName, labels, labelsOf, nodeName } from '../../../src/cluster/names.ts'
import { assess } from '../../../src/cluster/status.ts'
import { failureOf } from '../../support/failure-of.ts'
import { specOf } from '../../support/specs.ts'

function container(id: string, own: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    id,
    state: 'running',
    everStarted: true,
    memoryBytes: 4 * 1024 ** 3,
    image: 'docker.io/kindest/node:v1.37.0',
    labels: {},
    address: '192.168.64.2',
    gateway: '192.168.64.1',
    publishedPorts: [],
    volumes: [],
    ...own,
  }
}

function node(id: string, role: 'control-plane' | 'worker', own: Partial<ContainerRecord> = {}): ContainerRecord {
  return container(id, { labels: labelsOf({ cluster: id.split('-')[0] ?? '', role, run: 'r1' }), ...own })
}

function cluster(...nodes: ContainerRecord[]): ClusterRecord {
  const [found] = clustersAmong(nodes)
  if (!found) throw new Error('no cluster')
  return found
}

describe('names are those of kind', () => {
  it('of nodes', () => {
    expect([0, 1, 2].map((index) => nodeName('dev', 'worker', index))).toEqual([
      'dev-worker',
      'dev-worker2',
      'dev-worker3',
    ])
    expect(nodeName('dev', 'control-plane', 0)).toBe('dev-control-plane')
  })
  it('of contexts', () => {
    expect([contextName('kina', 'dev'), contextName('kind', 'dev')]).toEqual(['kina-dev', 'kind-dev'])
  })
})

describe('clusters are read from labels', () => {
  it('in the order of their names, control planes first, workers by number', () => {
    const found = clustersAmong([
      node('b-worker10', 'worker'),
      node('b-worker2', 'worker'),
      node('b-control-plane', 'control-plane'),
      container('postgres'),
      node('a-control-plane', 'control-plane'),
      node('b-worker', 'worker'),
    ])
    expect(found.map(({ name, nodes }) => [name, nodes.map(({ id }) => id)])).toEqual([
      ['a', ['a-control-plane']],
      ['b', ['b-control-plane', 'b-worker', 'b-worker2', 'b-worker10']],
    ])
  })
  it('whatever the other labels say', () => {
    const [record] = cluster(container('x', { labels: { [labels.cluster]: 'x' } })).nodes
    expect([record?.role, record?.run]).toEqual(['worker', ''])
  })
})

describe('runningControlPlane()', () => {
  it('is the node that answers', () => {
    expect(runningControlPlane(cluster(node('a-worker', 'worker'), node('a-control-plane', 'control-plane'))).id).toBe(
      'a-control-plane',
    )
  })
  it('does not exist in a cluster without one', async () => {
    expect((await failureOf(() => runningControlPlane(cluster(node('a-worker', 'worker'))))).code).toBe(
      'cluster-missing',
    )
  })
  it('is an error when it does not run', async () => {
    const error = await failureOf(() =>
      runningControlPlane(cluster(node('a-control-plane', 'control-plane', { state: 'stopped' }))),
    )
    expect([error.code, ...error.seen]).toEqual(['cluster-stopped', 'state: stopped'])
  })
})

describe('the state of a cluster', () => {
  const first = node('a-control-plane', 'control-plane')
  const worker = node('a-worker', 'worker')
  const stopped = { state: 'stopped', address: undefined } as const
  const ready = { ready: true, version: 'v1.37.0' }
  const answer = (entries: Readonly<Record<string, { ready: boolean; version: string | undefined }>>) =>
    new Map(Object.entries(entries))
  const marker = { run: 'r1' }

  const table: readonly [string, ReturnType<typeof assess>, string, readonly string[]][] = [
    [
      'all well',
      assess(cluster(first, worker), answer({ 'a-control-plane': ready, 'a-worker': ready }), marker),
      'running',
      [],
    ],
    [
      'a node not ready',
      assess(
        cluster(first, worker),
        answer({ 'a-control-plane': ready, 'a-worker': { ...ready, ready: false } }),
        marker,
      ),
      'degraded',
      ['a-worker is NotReady'],
    ],
    [
      'a node that never joined',
      assess(cluster(first, worker), answer({ 'a-control-plane': ready }), marker),
      'degraded',
      ['a-worker is missing'],
    ],
    [
      'a worker that was stopped',
      assess(cluster(first, node('a-worker', 'worker', stopped)), answer({ 'a-control-plane': ready }), marker),
      'degraded',
      ['a-worker is stopped'],
    ],
    [
      'an API server that says nothing',
      assess(cluster(first), undefined, marker),
      'degraded',
      ['The API server does not answer'],
    ],
    [
      'a create that did not end',
      assess(cluster(first), answer({ 'a-control-plane': ready }), undefined),
      'unfinished',
      ['Its create has not come to its end'],
    ],
    [
      'all stopped',
      assess(cluster(node('a-control-plane', 'control-plane', stopped)), undefined, undefined),
      'stopped',
      ['a-control-plane is stopped'],
    ],
  ]
  for (const [what, status, word, problems] of table) {
    it(`${what}: ${word}`, () => expect([status.status, status.problems]).toEqual([word, problems]))
  }

  it('shows each node', () => {
    expect(assess(cluster(first), answer({ 'a-control-plane': ready }), marker).nodes).toEqual([
      {
        name: 'a-control-plane',
        role: 'control-plane',
        state: 'running',
        address: '192.168.64.2',
        kubernetes: 'Ready',
        version: 'v1.37.0',
      },
    ])
    expect(assess(cluster(first), undefined, marker).nodes[0]?.kubernetes).toBe('unknown')
  })
})

describe('the marker', () => {
  it('is read back', () => {
    const marker = { run: 'r1', version: '0.1.0', spec: 'abc' }
    expect(parseMarker(JSON.stringify(marker))).toEqual(marker)
  })
  it('is none when it is incomplete or cut off', () => {
    expect([parseMarker('{"run": "r1"}'), parseMarker('{"run": '), parseMarker('')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
  it('tells one spec from another, but not how long was waited', () => {
    expect(specDigest(specOf('', { wait: '1m' }))).toBe(specDigest(specOf('', { wait: '2m' })))
    expect(specDigest(specOf('', { cpus: '2' }))).not.toBe(specDigest(specOf('', { cpus: '3' })))
  })
})
