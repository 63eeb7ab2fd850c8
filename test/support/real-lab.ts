import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { buildNodeImage, kubectlOf } from '../lab/node-image/build.ts'
import { claimNetwork } from '../lab/podman/network.ts'
import { labDisk } from '../lab/podman/place.ts'
import { podman, run } from '../lab/podman/run.ts'
import { seedArchive } from '../lab/podman/seed.ts'
import { removeRealLab } from '../lab/podman/sweep.ts'
import { makeLab, type Lab, type Outcome } from './cluster-fixture.ts'

/** A lab whose nodes are real, with a kubectl on the host. */
export interface RealLab extends Lab {
  /** Reference of the node image. */
  readonly nodeImage: string
  /** Runs the host's kubectl with the user's kubeconfig; fails unless it exits 0. @returns stdout. */
  kubectl(words: readonly string[], input?: string): Promise<string>
  /** The same, asked until the answer is as wanted. @throws with the last answer after `seconds`. */
  until(words: readonly string[], wanted: RegExp, seconds?: number): Promise<string>
  readFile(path: string): Promise<string>
  /** Starts the host's kubectl and leaves it running. */
  startKubectl(words: readonly string[]): ReturnType<typeof spawn>
}

interface RealLabOptions {
  /** Kubernetes of the node image, default 1.37. */
  readonly version?: string
  /** Versions that are in the store beside it. */
  readonly others?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Whether this run is about clusters from prepared disks: `npm run e2e -- --prepared`. */
export const arePrepared = process.env['KINA_E2E_PREPARED'] === '1'

/**
 * A lab on a network of its own, so that any number can be had at once. What it does not live to remove, the next
 * `scripts/lab up` does.
 */
export async function makeRealLab({
  version = '1.37',
  others = [],
  env: more = {},
}: RealLabOptions = {}): Promise<RealLab> {
  // Built before, by `scripts/lab up`; this only finds it.
  const archive = await buildNodeImage(version)
  const kubectlProgram = await kubectlOf(version)
  // One cache for all labs of a run, which `scripts/lab down` removes.
  const disks = arePrepared ? { KINA_CACHE_DIR: join(labDisk, 'prepared-disks') } : {}
  const lab = await makeLab({
    images: [],
    below: labDisk,
    // Real nodes share their processors with whatever else runs here.
    env: { LAB_BACKEND: 'podman', KINA_TIMEOUT_SCALE: '3', ...disks, ...more },
    settle: async (root) => ({ LAB_SUBNET: await claimNetwork(root) }),
  })
  const nodeImage = await seedArchive(join(lab.root, 'lab'), archive)
  for (const other of others) await seedArchive(join(lab.root, 'lab'), await buildNodeImage(other))
  if (arePrepared) {
    const warmed = await lab.kina(['cache', 'warm', nodeImage])
    if (warmed.exitCode !== 0) throw new Error(warmed.stderr)
  }
  const env = { PATH: process.env['PATH'], HOME: lab.home, KUBECONFIG: lab.kubeconfig }

  const ask = (words: readonly string[], input?: string): Promise<Outcome> =>
    new Promise((done) => {
      const child = execFile(
        kubectlProgram,
        [...words],
        { env, timeout: 180_000, maxBuffer: 256 * 1024 * 1024 },
        (error, stdout, stderr) => done({ exitCode: error ? 1 : 0, stdout, stderr }),
      )
      child.stdin?.end(input ?? '')
    })
  const kubectl = async (words: readonly string[], input?: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await ask(words, input)
    if (exitCode !== 0) throw new Error(`kubectl ${words.join(' ')}: ${stderr}`)
    return stdout
  }

  return {
    ...lab,
    nodeImage,
    kubectl,
    readFile: (path) => readFile(path, 'utf8'),
    startKubectl: (words) => spawn(kubectlProgram, [...words], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    async until(words, wanted, seconds = 90) {
      const end = performance.now() + seconds * 1000
      for (;;) {
        const { stdout, stderr } = await ask(words)
        if (wanted.test(stdout)) return stdout
        if (performance.now() > end)
          throw new Error(`kubectl ${words.join(' ')} says after ${seconds} s:\n${stdout}${stderr}`)
        await new Promise((next) => setTimeout(next, 200))
      }
    },
    async remove() {
      await lab.container(['delete', '--all', '--force'])
      await removeRealLab(lab.root)
    },
  }
}

/** What a lab may leave on the machine: mounts, loop devices, containers, networks. */
export async function tracesOf(root: string): Promise<readonly string[]> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const format = '{{.Names}} {{index .Labels "kina-lab-root"}}'
  const containers = await podman('ps', '--all', '--filter=label=kina-lab-root', `--format=${format}`)
  const losetup = await run('losetup', '--list', '--noheadings', '--output=BACK-FILE')
  return [...mounts, ...containers.split('\n'), ...losetup.split('\n')].filter((line) => line.includes(root))
}
