import { copyFile, mkdir, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Gate, Tools } from './gate.ts'

const deno = resolve('node_modules/.bin/deno')
const env = { DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' }

/**
 * Deno takes the folder of its configuration for the root of the project, and this one's lives in `test`. So it is given a root of
 * links, with test/deno.json in it: with its libraries alone, `Bun.x` and imports without `.ts` are errors.
 */
async function denoRoot(): Promise<string> {
  const root = resolve('.cache/deno')
  await rm(root, { recursive: true, force: true })
  await mkdir(root, { recursive: true })
  await copyFile('test/deno.json', join(root, 'deno.json'))
  await Promise.all(
    ['src', 'test', 'docs', 'README.md', 'package.json', 'node_modules'].map((name) =>
      symlink(resolve(name), join(root, name)),
    ),
  )
  return root
}

export const denoTypes: Gate = {
  name: 'deno check src/main.ts',
  seconds: 120,
  async run({ command }) {
    const strict = await command([deno, 'check', 'src/main.ts'], { env, cwd: await denoRoot() })
    const plain = await command([deno, 'check', 'src/main.ts'], { env })
    const failed = [strict, plain].filter(({ exitCode }) => exitCode !== 0)
    return {
      passed: failed.length === 0 ? 1 : 0,
      failed: failed.length,
      output: failed.map(({ output }) => output).join('\n'),
    }
  },
}

export const denoVersion: Gate = {
  name: 'deno run src/main.ts version',
  seconds: 60,
  async run({ command }) {
    const { exitCode, output } = await command([deno, 'run', '--no-prompt', 'src/main.ts', 'version'], { env })
    const isGood = exitCode === 0 && /^kina v\d+\.\d+\.\d+/m.test(output)
    return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, output }
  },
}

/** Counts the tests that `deno test` names in its report. */
export const denoUnit: Gate = {
  name: 'unit tests under deno',
  seconds: 300,
  async run(tools) {
    const { exitCode, output } = await denoTest(tools)
    const { passed = 0, failed = 0, ignored = 0 } = countJunit(output)
    const bad = failed + ignored
    const others = bad === 0 && (exitCode !== 0 || passed === 0) ? 1 : 0
    return {
      passed,
      failed: bad + others,
      summary: `${passed} tests passed, ${failed} failed, ${ignored} skipped`,
      output,
    }
  },
}

async function denoTest({ command }: Tools): Promise<{ readonly exitCode: number; readonly output: string }> {
  const words = ['test', '--allow-all', '--no-check', '--quiet', '--import-map', 'test/deno-map.json', 'test/unit']
  return await command([deno, ...words], { env, cwd: await denoRoot() })
}

/** The last line: `ok | 14 passed (156 steps) | 0 failed (1s)`; a step is what vitest calls a test. */
function countJunit(output: string): { readonly passed?: number; readonly failed?: number; readonly ignored?: number } {
  const line =
    output
      .trimEnd()
      .split('\n')
      .findLast((text) => /\d+ passed.*\d+ failed/.test(text)) ?? ''
  const number = (pattern: RegExp): number => Number(pattern.exec(line)?.[1] ?? 0)
  return {
    passed: number(/passed \((\d+) steps?/) || number(/(\d+) passed/),
    failed: number(/failed \((\d+) steps?/) || number(/(\d+) failed/),
    ignored: number(/(\d+) ignored/),
  }
}
