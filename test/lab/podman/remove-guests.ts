import { existsSync, readFileSync } from 'node:fs'
import { thaw } from './backend.ts'
import { labDisk } from './place.ts'
import { podman, run } from './run.ts'

const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean)

/** Ends every guest of every lab of this machine, whatever state it was left in: containers, mounts, networks. */
export async function removeEveryGuest(): Promise<void> {
  for (const name of lines(await podman('ps', '--all', '--filter=label=kina-lab', '--format={{.Names}}'))) {
    thaw(name)
    await podman('rm', '--force', '--time=0', '--ignore', name)
    thaw(name)
  }
  await unmountBelow(labDisk)
  for (const name of lines(await podman('network', 'ls', '--format={{.Name}}'))) {
    if (name.startsWith('kina-lab-')) await podman('network', 'rm', '--force', name)
  }
}

/** Mounts below a folder, the innermost first. */
async function unmountBelow(folder: string): Promise<void> {
  if (!existsSync(folder)) return
  const mounted = lines(readFileSync('/proc/self/mounts', 'utf8'))
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
  for (const path of mounted.toReversed()) await run('umount', '--lazy', path)
}
