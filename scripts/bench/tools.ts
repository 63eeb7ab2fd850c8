import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { podman } from '../../test/lab/podman/run.ts'
import { networkName } from '../../test/lab/podman/place.ts'
import { seedArchive } from '../../test/lab/podman/seed.ts'
import { makeRealKind } from '../../test/support/real-kind.ts'

/** The cluster of every round. */
export const cluster = 'bench'

const subnet = '192.168.110'

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

/**
 * @param folder on the lab's disk.
 * @param archive node image for both.
 */
export async function makeTools(folder: string, archive: string): Promise<Tools> {
  const root = join(folder, 'lab')
  const home = join(folder, 'kina')
  await mkdir(root)
  await mkdir(home)
  const real = await makeRealKind(folder, archive)
  const image = await seedArchive(root, archive)
  const create = ['create', 'cluster', '--name', cluster, '--image', image, '--config', '-']
  const remove = ['delete', 'cluster', '--name', cluster]
  const container = resolve('test/lab/container')
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
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        KUBECONFIG: join(home, 'config'),
        KINA_CONTAINER: container,
        LAB_ROOT: root,
        LAB_BACKEND: 'podman',
        LAB_SUBNET: subnet,
      },
      // As kind has it: the command returns when the cluster is made, not when it is ready.
      create: [kina, ...create, '--wait', '0s'],
      remove: [kina, ...remove],
      inits: () => initsOf('label=kina-lab', `name=-${cluster}-`),
    },
    bareDelete: [container, 'delete', '--force'],
    async remove() {
      await podman('network', 'rm', '--force', networkName(`${subnet}.1`))
      await real.remove()
    },
  }
}

async function initsOf(...filters: readonly string[]): Promise<readonly number[]> {
  const pids = await podman('ps', ...filters.map((filter) => `--filter=${filter}`), '--format={{.Pid}}')
  return pids.split('\n').filter(Boolean).map(Number)
}
