/**
 * End-to-end tests on real nodes: prepares the machine and runs stories with the compiled binary.
 * `npm run e2e [-- --all | FILE...]`; with `--prepared` the nodes of all stories start from prepared disks. Linux and root; elsewhere it says so and fails, because nothing was tested.
 */
import { resolve } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { storyFiles, storyOptions, storyVersions } from './e2e-stories.ts'

process.chdir(resolve(import.meta.dirname, '..'))
if (process.platform !== 'linux' || process.getuid?.() !== 0) {
  console.error('NOT RUN: end-to-end tests need Linux and root')
  process.exit(1)
}
const words = process.argv.slice(2)
const files = words.filter((word) => !word.startsWith('-'))
const all = words.includes('--all')
const env = { ...process.env, ...(words.includes('--prepared') ? { KINA_E2E_PREPARED: '1' } : {}) }
const shown = $({ stdio: 'inherit' })
// A file that is named may need any image.
await shown`./scripts/lab up ${storyVersions({ all: all || files.length > 0 })}`
await shown`node_modules/.bin/bun scripts/build.ts --host-only`
const vitest = ['--bun', 'node_modules/.bin/vitest', 'run', '--config', 'test/vitest.config.ts', ...storyOptions]
const suite = await $({
  stdio: 'inherit',
  nothrow: true,
  env,
})`node_modules/.bin/bun ${vitest} ${files.length > 0 ? files : storyFiles({ all })}`
process.exitCode = suite.exitCode ?? 1
