import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { isAlive, type LiveProcess } from '../live-process.ts'
import { withLock } from '../lock.ts'
import { ownerFile } from './own-lab.ts'
import { labDisk } from './place.ts'
import { removeGuestsBelow } from './remove-guests.ts'
import { podman } from './run.ts'

/** No work in a lab takes so long. A lab without a signature may be just being made, or be that of a checkout which does not sign. */
const unsignedMs = 2 * 60 * 60_000

/**
 * Removes what labs have left whose owner is dead: processes, guests, mounts, loop devices, networks, folders. Labs of living owners
 * are left alone, so any number of checkouts can work on one machine.
 * @returns the folders of the labs that were removed.
 */
export async function sweepDeadLabs(): Promise<readonly string[]> {
  if (!existsSync(labDisk)) return []
  // Two that sweep at once would be in each other's way.
  return await withLock(join(labDisk, 'sweep.lock'), async () => {
    const dead = readdirSync(labDisk)
      .filter((name) => name.startsWith('kina-lab-'))
      .map((name) => join(labDisk, name))
      .filter((root) => isDead(root))
    for (const root of dead) await removeRealLab(root)
    await removeNetworksOfGoneLabs()
    return dead
  })
}

/** Ends all that runs for a lab with real guests, whatever state it is in, and removes its folder and its network. */
export async function removeRealLab(root: string): Promise<void> {
  await endProcessesOf(root)
  await removeGuestsBelow(root)
  rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  await removeNetworksOfGoneLabs()
}

function isDead(root: string): boolean {
  try {
    return !isAlive(JSON.parse(readFileSync(join(root, ownerFile), 'utf8')) as LiveProcess)
  } catch {
    return existsSync(root) && Date.now() - statSync(root).mtimeMs > unsignedMs
  }
}

/** kina, the stand-in, its service, published ports: all have been given a path in the lab's folder by their environment. */
async function endProcessesOf(root: string): Promise<void> {
  for (;;) {
    const found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isOf(pid, root))
    if (found.length === 0) return
    for (const pid of found) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // It has ended in the meantime.
      }
    }
    await new Promise((done) => setTimeout(done, 20))
  }
}

function isOf(pid: string, root: string): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0] ?? ''
    return !'ZX'.includes(state) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`=${root}/`)
  } catch {
    return false
  }
}

async function removeNetworksOfGoneLabs(): Promise<void> {
  const listed = await podman('network', 'ls', '--filter=label=kina-lab-root', '--format=json')
  for (const { name, labels } of JSON.parse(listed) as { name: string; labels: Record<string, string> }[]) {
    const root = labels['kina-lab-root'] ?? ''
    // One that is in use stays: somebody else has it.
    if (root.startsWith(`${labDisk}/`) && !existsSync(root)) await podman('network', 'rm', name).catch(() => '')
  }
}
