import type { Plan, Step } from '../plan/plan.ts'
import { controlPlaneOf, workersOf, type CreateRun } from './create-run.ts'
import type { ClusterSpec } from './spec.ts'
import { bootNode } from './steps/boot-node.ts'
import { cloneDisks } from './steps/clone-disks.ts'
import { completeClusterHosts } from './steps/complete-cluster-hosts.ts'
import { createNode } from './steps/create-node.ts'
import { deleteToken } from './steps/delete-token.ts'
import { ensureNodeImages } from './steps/ensure-node-images.ts'
import { initControlPlane } from './steps/init-control-plane.ts'
import { installManifests } from './steps/install-manifests.ts'
import { joinWorker } from './steps/join-worker.ts'
import { prepareNode } from './steps/prepare-node.ts'
import { waitReady } from './steps/wait-ready.ts'
import { writeKubeconfig } from './steps/write-kubeconfig.ts'
import { writeMarker } from './steps/write-marker.ts'

/**
 * All that `kina create cluster` does, in an order that keeps every node busy: the service boots one node at a time,
 * so each boot waits for the one before, while work inside nodes that are up runs side by side.
 * @param usesDisks whether there are prepared disks that may fit.
 */
export function planCreate(spec: ClusterSpec, usesDisks = false): Plan<CreateRun> {
  const first = controlPlaneOf(spec)
  const workers = workersOf(spec)

  const images = ensureNodeImages(spec)
  const disks = usesDisks ? [cloneDisks(spec, [images.id])] : []
  const firstCreated = createNode(first, [images.id, ...disks.map(({ id }) => id)])
  const created = workers.map((node) => createNode(node, [firstCreated.id]))

  const firstBooted = bootNode(first, [firstCreated.id])
  const booted: Step<CreateRun>[] = []
  workers.forEach((node, index) => {
    const before = booted[index - 1] ?? firstBooted
    booted.push(bootNode(node, [idOf(created, index), before.id]))
  })

  const firstPrepared = prepareNode(spec, first, [firstBooted.id])
  const prepared = workers.map((node, index) => prepareNode(spec, node, [idOf(booted, index)]))

  const init = initControlPlane(spec, first, [firstPrepared.id])
  const manifests = installManifests(spec, first, [init.id])
  const joins = workers.map((node, index) => joinWorker(spec, node, [init.id, idOf(prepared, index)]))
  const joined = joins.map(({ id }) => id)

  const hosts = completeClusterHosts(spec, [init.id, ...joined])
  const token = deleteToken(first, [init.id, ...joined])
  const kubeconfig = writeKubeconfig(spec, first, [init.id, ...joined])
  const ready = waitReady(spec, first, [manifests.id, kubeconfig.id, hosts.id, token.id])
  const marker = writeMarker(spec, first, [ready.id])

  return [
    images,
    ...disks,
    firstCreated,
    ...created,
    firstBooted,
    ...booted,
    firstPrepared,
    ...prepared,
    init,
    manifests,
    ...joins,
    hosts,
    token,
    kubeconfig,
    ready,
    marker,
  ]
}

function idOf(steps: readonly Step<CreateRun>[], index: number): string {
  const step = steps[index]
  if (!step) throw new Error(`No step ${index}`)
  return step.id
}
