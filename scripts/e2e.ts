/**
 * End-to-end tests on real nodes: prepares the machine, runs the suite with the compiled binary, and counts what is left behind.
 * `npm run e2e [-- FILE...]`. Linux and root; elsewhere it says so and fails, because nothing was tested.
 */
import { resolve } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'

process.chdir(resolve(import.meta.dirname, '..'))
if (process.platform !== 'linux' || process.getuid?.() !== 0) {
  console.error('NOT RUN: end-to-end tests need Linux and root')
  process.exit(1)
}
const files = process.argv.slice(2)
const shown = $({ stdio: 'inherit' })
await shown`./scripts/lab up 1.37 1.35`
await shown`node_modules/.bin/bun scripts/build.ts --host-only`
// One file after the other: each has a cluster, and the machine has few cores.
const suite = await $({
  stdio: 'inherit',
  nothrow: true,
})`node_modules/.bin/bun --bun node_modules/.bin/vitest run --config test/vitest.config.ts --no-file-parallelism ${files.length > 0 ? files : ['test/e2e']}`
process.exitCode = suite.exitCode ?? 1
