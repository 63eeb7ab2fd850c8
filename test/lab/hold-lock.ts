/** A service that hangs with its lock held: takes it, says so, and never lets go. `system stop` ends it. */
import process from 'node:process'
import { withLock } from './lock.ts'
import { labFiles } from './state.ts'

await withLock(labFiles().serviceLock, async () => {
  process.stdout.write('held')
  setInterval(() => undefined, 60_000)
  await new Promise(() => undefined)
})
