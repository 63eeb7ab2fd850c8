import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { makeOwnLab } from '../../test/lab/podman/own-lab.ts'
import { imageDisks } from '../../test/lab/podman/place.ts'
import { podman } from '../../test/lab/podman/run.ts'
import { seedArchive } from '../../test/lab/podman/seed.ts'
import { removeRealLab } from '../../test/lab/podman/sweep.ts'
import { makeRealKind } from '../../test/support/real-kind.ts'
import { loaded } from './load-images.ts'
import { watch } from './watch-process.ts'

/** The cluster of every round. */
const cluster = 'bench'

/** The nodes of a cluster of so many. */
export function nodesOf(count: number): readonly string[] {
  return ['control-plane', 'worker', 'worker2'].slice(0, count).map((role) => `${cluster}-${role}`)
}

/** What is measured: a program that makes clusters out of the same node image on this machine. */
export interface Tool {
  readonly name: 'kind' | 'kina'
  readonly env: Readonly<Record<string, string>>
  /** Reads the cluster file from stdin. */
  readonly create: readonly string[]
  readonly remove: readonly string[]
  /** Begins a load, the kind of source and its name follow. */
  readonly load: readonly string[]
  /** What loads an image that was built on this machine, one command after another. */
  readonly loadStored: readonly (readonly string[])[]
  /** Puts an image that podman has and this archive holds where `loadStored` looks for it. @returns its removal. */
  stored(archive: string): Promise<() => Promise<unknown>>
  /** A command in a node. */
  inNode(node: string, ...words: readonly string[]): readonly string[]
  /** Process ids of the first processes of the cluster's nodes. */
  inits(): Promise<readonly number[]>
}

export interface Tools {
  readonly kind: Tool
  readonly kina: Tool
  /** kina whose nodes are clones of a prepared disk, once `warm` has been run. */
  readonly prepared: Tool
  readonly warm: readonly string[]
  /** The least that a delete by kina can be: one call of `container`. */
  readonly bareDelete: readonly string[]
  remove(): Promise<void>
}

/** @param archive node image for both. */
export async function makeTools(archive: string): Promise<Tools> {
  const lab = await makeOwnLab()
  const home = join(lab.folder, 'kina')
  await mkdir(home)
  const real = await makeRealKind(lab.folder, archive)
  const image = await seedArchive(lab.root, archive)
  const disks = await readdir(imageDisks)
  const create = ['create', 'cluster', '--name', cluster, '--image', image, '--config', '-']
  const remove = ['delete', 'cluster', '--name', cluster]
  const kina = resolve('dist/kina')
  const container = resolve('test/lab/container')
  const saved = join(lab.folder, 'saved.tar')
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: join(home, 'config'), ...lab.env }
  const own: Tool = {
    name: 'kina',
    env,
    // As kind has it: the command returns when the cluster is made, not when it is ready.
    create: [kina, ...create, '--wait', '0s', '--no-prepared'],
    remove: [kina, ...remove],
    load: [kina, 'load', '--name', cluster],
    loadStored: [[kina, 'load', '--name', cluster, 'image', loaded]],
    async stored(its) {
      await watch([container, 'image', 'load', '--input', its], env)
      return () => watch([container, 'image', 'delete', loaded], env)
    },
    inNode: (node, ...words) => [container, 'exec', node, ...words],
    inits: () => initsOf('label=kina-lab', `name=-${cluster}-`),
  }
  return {
    kind: {
      name: 'kind',
      env: real.env,
      create: [real.program, ...create],
      remove: [real.program, ...remove],
      load: [real.program, 'load', '--name', cluster],
      // `kind load docker-image` does these two, but with docker alone, whatever its provider is.
      loadStored: [
        ['podman', 'save', '--quiet', '--format', 'docker-archive', '--output', saved, loaded],
        [real.program, 'load', '--name', cluster, 'image-archive', saved],
      ],
      stored: () => Promise.resolve(() => rm(saved, { force: true })),
      inNode: (node, ...words) => ['podman', 'exec', node, ...words],
      inits: () => initsOf(`label=io.x-k8s.kind.cluster=${cluster}`),
    },
    kina: own,
    prepared: { ...own, create: own.create.filter((word) => word !== '--no-prepared') },
    warm: [kina, 'cache', 'warm', image],
    bareDelete: [container, 'delete', '--force'],
    async remove() {
      await real.remove()
      await removeRealLab(lab.folder)
      // Of images that were in the lab's store for a round.
      for (const disk of await readdir(imageDisks)) if (!disks.includes(disk)) await rm(join(imageDisks, disk))
    },
  }
}

async function initsOf(...filters: readonly string[]): Promise<readonly number[]> {
  const pids = await podman('ps', ...filters.map((filter) => `--filter=${filter}`), '--format={{.Pid}}')
  return pids.split('\n').filter(Boolean).map(Number)
}
