import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { startTimeOf } from '../live-process.ts'
import { networkName } from './place.ts'
import { podman, run } from './run.ts'
import { thawing } from './thaw.ts'
import { unmountBelow } from './unmount.ts'

const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean)

/**
 * Ends every guest of the labs at or below a folder, whatever state they were left in: containers, mounts, loop devices, networks.
 * They are found by their place: what a lab knew of its guests may never have been written.
 */
export async function removeGuestsBelow(folder: string): Promise<void> {
  await endStandIns(folder)
  const networks = [...(await removeContainers(folder)), ...networksOf(folder)]
  await unmountBelow(folder)
  await detachLoops(folder)
  // Several labs may be on one bridge: podman keeps one that is in use.
  for (const name of new Set(networks))
    if (name.startsWith('kina-lab-')) await podman('network', 'rm', name).catch(() => '')
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** @returns the networks that they were on. */
async function removeContainers(folder: string): Promise<readonly string[]> {
  const format = '{{.Names}} {{index .Labels "kina-lab-root"}} {{.Networks}}'
  const found = lines(await podman('ps', '--all', '--filter=label=kina-lab-root', `--format=${format}`))
  const networks: string[] = []
  for (const [name = '', root = '', network = ''] of found.map((line) => line.split(' '))) {
    if (!isBelow(root, folder)) continue
    networks.push(network)
    await thawing(name, async () => {
      await podman('rm', '--force', '--time=0', '--ignore', name)
      await unmountBelow(join(root, 'guests', name.replace(/^kina-lab-[0-9a-f]{8}-/, '')))
    })
  }
  return networks
}

/** Of labs whose guests have gone already: at the folder itself, or two levels below it. */
function networksOf(folder: string): readonly string[] {
  const below = (path: string): readonly string[] =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true }).flatMap((its) => (its.isDirectory() ? [join(path, its.name)] : []))
      : []
  return [folder, ...below(folder), ...below(folder).flatMap(below)].flatMap((root) => {
    const path = join(root, 'service.json')
    if (!existsSync(path)) return []
    const { subnet } = JSON.parse(readFileSync(path, 'utf8')) as { subnet?: string }
    return subnet === undefined ? [] : [networkName(`${subnet}.1`)]
  })
}

/**
 * Ends what the stand-in still does for these labs: it forwards published ports of guests that nobody has stopped, and goes on with
 * the work of a service whose client was killed.
 */
async function endStandIns(folder: string): Promise<void> {
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    const [, script = ''] = stringsOf(pid, 'cmdline')
    const root = stringsOf(pid, 'environ').find((its) => its.startsWith('LAB_ROOT='))
    if (pid === process.pid || !script.includes('/test/lab/')) continue
    if (root === undefined || !isBelow(root.slice('LAB_ROOT='.length), folder)) continue
    process.kill(pid, 'SIGKILL')
    while (startTimeOf(pid) !== undefined) await new Promise((done) => setTimeout(done, 5))
  }
}

function stringsOf(pid: number, file: 'cmdline' | 'environ'): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0')
  } catch {
    return []
  }
}

async function detachLoops(folder: string): Promise<void> {
  for (const line of lines(await run('losetup', '--list', '--noheadings', '--output=NAME,BACK-FILE'))) {
    const [device = '', file = ''] = line.trim().split(/\s+/)
    // One that is let go of by itself in the meantime is what is wanted.
    if (isBelow(file, folder)) await run('losetup', '--detach', device).catch(() => '')
  }
}
