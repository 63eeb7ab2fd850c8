import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { buildNodeImage, kubectlOf } from '../lab/node-image/build.ts'
import { labDisk } from '../lab/podman/place.ts'
import { podman, run } from '../lab/podman/run.ts'
import { seedArchive } from '../lab/podman/seed.ts'
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

/**
 * @param subnet third number of the network: labs that run at once need networks of their own.
 * @param version Kubernetes of the node image; others can be had beside it.
 */
export async function makeRealLab(subnet: number, version = '1.37', others: readonly string[] = []): Promise<RealLab> {
  // Built before, by `scripts/lab up`; this only finds it.
  const archive = await buildNodeImage(version)
  const kubectlProgram = await kubectlOf(version)
  const network = `192.168.${subnet}`
  const lab = await makeLab({
    images: [],
    below: labDisk,
    env: { LAB_BACKEND: 'podman', LAB_SUBNET: network },
  })
  const nodeImage = await seedArchive(join(lab.root, 'lab'), archive)
  for (const other of others) await seedArchive(join(lab.root, 'lab'), await buildNodeImage(other))
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
      await lab.remove()
    },
  }
}

/** What a lab may leave on the machine: mounts, loop devices, containers, networks. */
export async function tracesOf(root: string): Promise<readonly string[]> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const containers = await podman('ps', '--all', '--filter=label=kina-lab', '--format={{.Names}}')
  const losetup = await run('losetup', '--list', '--noheadings', '--output=BACK-FILE')
  return [...mounts, ...containers.split('\n'), ...losetup.split('\n')].filter((line) => line.includes(root))
}
