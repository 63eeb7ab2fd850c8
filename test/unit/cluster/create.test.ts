import { describe, expect, it } from 'vitest'
import { planCreate } from '../../../src/cluster/create.ts'
import { controlPlaneOf } from '../../../src/cluster/create-run.ts'
import { specOf, specWithWorkers } from '../../support/specs.ts'

function needsOf(workers: number): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(planCreate(specWithWorkers(workers)).map(({ id, needs }) => [id, needs]))
}

/** Whether a step has ended when another starts, by needs of needs. */
function isBefore(needs: Readonly<Record<string, readonly string[]>>, first: string, then: string): boolean {
  return (needs[then] ?? []).some((need) => need === first || isBefore(needs, first, need))
}

describe('planCreate()', () => {
  it('of one node', () => {
    expect(needsOf(0)).toEqual({
      'ensure-node-images': [],
      'create-node dev-control-plane': ['ensure-node-images'],
      'boot-node dev-control-plane': ['create-node dev-control-plane'],
      'prepare-node dev-control-plane': ['boot-node dev-control-plane'],
      'init-control-plane dev-control-plane': ['prepare-node dev-control-plane'],
      'install-manifests': ['init-control-plane dev-control-plane'],
      'complete-hosts': ['init-control-plane dev-control-plane'],
      'delete-token': ['init-control-plane dev-control-plane'],
      'write-kubeconfig': ['init-control-plane dev-control-plane'],
      'wait-ready': ['install-manifests', 'write-kubeconfig', 'complete-hosts', 'delete-token'],
      'write-marker': ['wait-ready'],
    })
  })

  it('creates the control plane first, because the first container of an image may unpack it', () => {
    const needs = needsOf(2)
    expect(needs['create-node dev-worker']).toEqual(['create-node dev-control-plane'])
    expect(needs['create-node dev-worker2']).toEqual(['create-node dev-control-plane'])
  })

  it('boots one node after another, as the service does', () => {
    const needs = needsOf(2)
    expect(needs['boot-node dev-worker']).toEqual(['create-node dev-worker', 'boot-node dev-control-plane'])
    expect(needs['boot-node dev-worker2']).toEqual(['create-node dev-worker2', 'boot-node dev-worker'])
  })

  it('runs kubeadm init while workers boot, and joins side by side', () => {
    const needs = needsOf(2)
    const init = 'init-control-plane dev-control-plane'
    expect(isBefore(needs, 'boot-node dev-worker', init)).toBe(false)
    expect(isBefore(needs, init, 'boot-node dev-worker')).toBe(false)
    expect(isBefore(needs, 'join-worker dev-worker', 'join-worker dev-worker2')).toBe(false)
    expect(isBefore(needs, init, 'join-worker dev-worker')).toBe(true)
  })

  it('deletes the token and writes the kubeconfig after the last join, and marks the cluster last', () => {
    const needs = needsOf(2)
    for (const join of ['join-worker dev-worker', 'join-worker dev-worker2']) {
      expect(isBefore(needs, join, 'delete-token')).toBe(true)
      expect(isBefore(needs, join, 'write-kubeconfig')).toBe(true)
    }
    const others = Object.keys(needs).filter((id) => id !== 'write-marker')
    expect(others.filter((id) => !isBefore(needs, id, 'write-marker'))).toEqual([])
  })

  it('says what it does in a phase that users know', () => {
    const plan = planCreate(specOf('networking: {disableDefaultCNI: true}'))
    expect(plan.map(({ phase, title }) => `${phase}: ${title}`)).toEqual([
      'node image: Ensure node image kindest/node:v1.37.0',
      'nodes: Create dev-control-plane',
      'nodes: Boot dev-control-plane',
      'nodes: Prepare dev-control-plane',
      'control plane: Start control plane dev-control-plane',
      'control plane: Install StorageClass',
      'finish: Make nodes known to each other',
      'finish: Delete bootstrap token',
      'finish: Set kubectl context to "kina-dev"',
      'ready: Wait for nodes and CoreDNS',
      'finish: Mark the cluster as finished',
    ])
  })

  it('is never asked for a cluster without a control plane', () => {
    let failed = false
    try {
      controlPlaneOf({ ...specOf(), nodes: [] })
    } catch {
      failed = true
    }
    expect(failed).toBe(true)
  })
})
