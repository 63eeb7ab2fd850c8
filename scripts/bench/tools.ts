import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { makeOwnLab } from '../../test/lab/podman/own-lab.ts'
import { podman } from '../../test/lab/podman/run.ts'
import { seedArchive } from '../../test/lab/podman/seed.ts'
import { removeRealLab } from '../../test/lab/podman/sweep.ts'
import { makeRealKind } from '../../test/support/real-kind.ts'

/** The cluster of every round. */
export const cluster = 'bench'

/** What is measured: a program that makes clusters out of the same node image on this machine. */
export interface Tool {
  readonly name: 'kind' | 'kina'
  readonly env: Readonly<Record<string, string>>
  /** Reads the cluster file from stdin. */
  readonly create: readonly string[]
  readonly remove: readonly string[]
  /** Process ids of the first processes of the cluster's nodes. */
  inits(): Promise<readonly number[]>
}

export interface Tools {
  readonly kind: Tool
  readonly kina: Tool
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
  const create = ['create', 'cluster', '--name', cluster, '--image', image, '--config', '-']
  const remove = ['delete', 'cluster', '--name', cluster]
  const kina = resolve('dist/kina')
  return {
    kind: {
      name: 'kind',
      env: real.env,
      create: [real.program, ...create],
      remove: [real.program, ...remove],
      inits: () => initsOf(`label=io.x-k8s.kind.cluster=${cluster}`),
    },
    kina: {
      name: 'kina',
      env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: join(home, 'config'), ...lab.env },
      // As kind has it: the command returns when the cluster is made, not when it is ready.
      create: [kina, ...create, '--wait', '0s'],
      remove: [kina, ...remove],
      inits: () => initsOf('label=kina-lab', `name=-${cluster}-`),
    },
    bareDelete: [resolve('test/lab/container'), 'delete', '--force'],
    async remove() {
      await real.remove()
      await removeRealLab(lab.folder)
    },
  }
}

async function initsOf(...filters: readonly string[]): Promise<readonly number[]> {
  const pids = await podman('ps', ...filters.map((filter) => `--filter=${filter}`), '--format={{.Pid}}')
  return pids.split('\n').filter(Boolean).map(Number)
}
