import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { defineConfig } from 'vitest/config'

const root = resolve(import.meta.dirname, '..')

/** `import text from './x.sh' with { type: 'text' }`, which bun, deno and tsc know and vite does not. */
const textFiles = {
  name: 'text-files',
  enforce: 'pre' as const,
  async load(id: string) {
    if (!/\.(sh|zsh|fish|yaml)$/.test(id)) return undefined
    return `export default ${JSON.stringify(await readFile(id, 'utf8'))}`
  },
}

export default defineConfig({
  root,
  plugins: [textFiles],
  test: {
    include: ['test/{unit,contract,e2e}/**/*.test.ts'],
    pool: 'threads',
    // Labs are processes: more of them at once than cores only makes each slower.
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // main.ts and the fast path run in processes of their own; the contract suite runs them as the compiled binary.
      exclude: ['src/main.ts', 'src/cli/run-quickly.ts', 'src/cli/generated/**'],
      reporter: ['text-summary', 'json-summary', 'text'],
      reportsDirectory: process.env['KINA_COVERAGE'] ?? 'coverage',
      thresholds: { branches: 90 },
    },
  },
})
