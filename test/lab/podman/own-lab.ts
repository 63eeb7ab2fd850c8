import { writeFileSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { startTimeOf, type LiveProcess } from '../live-process.ts'
import { claimNetwork } from './network.ts'
import { labDisk } from './place.ts'

/** File in a lab's folder that names the process which made it: when that is dead, the lab may be swept. */
export const ownerFile = 'owner.json'

export function signLab(folder: string): void {
  const owner: LiveProcess = { pid: process.pid, startTime: startTimeOf(process.pid) }
  writeFileSync(join(folder, ownerFile), JSON.stringify(owner))
}

interface OwnLab {
  /** What `removeRealLab` removes; may hold other things of its owner. */
  readonly folder: string
  /** Of the stand-in. */
  readonly root: string
  /** What makes kina and the stand-in use it. */
  readonly env: Readonly<Record<string, string>>
}

/** A lab with real guests, owned by this process, on a network that nobody else has. */
export async function makeOwnLab(): Promise<OwnLab> {
  const folder = await mkdtemp(join(labDisk, 'kina-lab-'))
  signLab(folder)
  const root = join(folder, 'lab')
  await mkdir(root)
  const container = resolve(import.meta.dirname, '../container')
  return {
    folder,
    root,
    env: {
      KINA_CONTAINER: container,
      LAB_ROOT: root,
      LAB_BACKEND: 'podman',
      LAB_SUBNET: await claimNetwork(folder),
    },
  }
}
