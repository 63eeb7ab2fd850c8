import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { isAlive, type LiveProcess } from './live-process.ts'

/** Ends all that runs for a lab (guests, published ports, services that hang) and removes its folder. */
export async function removeLab(root: string): Promise<void> {
  const live: LiveProcess[] = []
  const note = (path: string): void => {
    if (existsSync(path))
      for (const line of readFileSync(path, 'utf8').trim().split('\n')) live.push(JSON.parse(line) as LiveProcess)
  }
  note(join(root, 'serving.jsonl'))
  for (const guest of existsSync(join(root, 'guests')) ? readdirSync(join(root, 'guests')) : [])
    note(join(root, 'guests', guest, 'init.json'))
  for (const file of existsSync(join(root, 'containers')) ? readdirSync(join(root, 'containers')) : []) {
    if (!file.endsWith('.json')) continue
    const { proxies = [] } = JSON.parse(readFileSync(join(root, 'containers', file), 'utf8')) as {
      proxies?: LiveProcess[]
    }
    live.push(...proxies)
  }
  for (const its of live) if (isAlive(its)) process.kill(its.pid, 'SIGKILL')
  while (live.some(isAlive)) await new Promise((done) => setTimeout(done, 2))
  const { labDisk } = await import('./podman/place.ts')
  if (root.startsWith(`${labDisk}/`)) await (await import('./podman/remove-guests.ts')).removeGuestsBelow(root)
  rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
}

if (import.meta.main) await removeLab(process.env['LAB_ROOT'] ?? '')
