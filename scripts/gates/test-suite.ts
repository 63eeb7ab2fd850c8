import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Gate } from './gate.ts'

export interface Suite {
  readonly name: string
  readonly seconds: number
  /** What vitest is given besides its configuration: folders, options. */
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Throws CannotRun where the suite cannot run. */
  readonly needs?: () => void
  /** Lines of the output to show when all is well. */
  readonly shows?: RegExp
}

/** The numbers of vitest's JSON reporter. */
interface TestReport {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numTotalTests: number
}

/** Runs tests in the product's runtime; every test counts, and one that was skipped counts as failed. */
export function suiteGate({ name, seconds, words, env = {}, needs, shows }: Suite): Gate {
  return {
    name,
    seconds,
    async run({ command }) {
      needs?.()
      const folder = await mkdtemp(join(tmpdir(), 'kina-check-'))
      try {
        const report = join(folder, 'report.json')
        const vitest = [
          'node_modules/.bin/bun',
          '--bun',
          'node_modules/.bin/vitest',
          'run',
          '--config',
          'test/vitest.config.ts',
        ]
        const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
        const { exitCode, output } = await command([...vitest, ...reporters, ...words], { env })
        const counted = await readReport(report)
        if (!counted) return { passed: 0, failed: 1, output: `no report was written\n${output}` }
        const skipped = counted.numPendingTests + counted.numTodoTests
        const failed = counted.numFailedTests + skipped
        // Failures that belong to no test: a file that does not load, an error outside of tests, a threshold that is not met.
        const others = failed === 0 && (exitCode !== 0 || !counted.success || counted.numTotalTests === 0) ? 1 : 0
        const kept = shows ? output.split('\n').filter((line) => shows.test(line)) : []
        return {
          passed: counted.numPassedTests,
          failed: failed + others,
          summary: [
            `${counted.numPassedTests} tests passed, ${counted.numFailedTests} failed, ${skipped} skipped`,
            ...kept,
          ].join('\n'),
          output,
        }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

async function readReport(path: string): Promise<TestReport | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as TestReport)
}
