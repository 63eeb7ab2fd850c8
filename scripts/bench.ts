/**
 * Measures how fast kina starts, side by side with the least that a program made by bun can do, and writes docs/benchmarks.md.
 * Times of one machine mean little on another, so what counts are ratios: each round runs both programs one after the other, in
 * turns first, and the medians are over the rounds. Option: --rounds N (default 40).
 */
import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { machine, median, writeSection } from './bench/page.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const bun = resolve('node_modules/.bin/bun')
const kina = resolve('dist/kina')
const at = process.argv.indexOf('--rounds')
const rounds = at < 0 ? 40 : Number(process.argv[at + 1])
if (!Number.isInteger(rounds) || rounds < 25) throw new Error('--rounds needs an integer from 25')

interface Comparison {
  readonly what: string
  readonly argv: readonly string[]
  readonly against: string
  readonly baseline: readonly string[]
  /** Largest ratio that is good enough. */
  readonly budget: number
}

interface Measured extends Comparison {
  readonly ratio: number
  readonly ms: number
  readonly baselineMs: number
}

/** Milliseconds from start to end of a program, which must succeed. */
function time([file = '', ...words]: readonly string[], env: NodeJS.ProcessEnv): number {
  const started = performance.now()
  const { status, stderr } = spawnSync(file, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ms = performance.now() - started
  if (status !== 0) throw new Error(`${file} ${words.join(' ')} ended with ${status}: ${String(stderr)}`)
  return ms
}

function measure(comparison: Comparison, env: NodeJS.ProcessEnv): Measured {
  const own: number[] = []
  const base: number[] = []
  for (let round = -2; round < rounds; round++) {
    // In turns, so that neither always finds the caches that the other has warmed.
    const first = round % 2 === 0 ? comparison.argv : comparison.baseline
    const firstMs = time(first, env)
    const secondMs = time(first === comparison.argv ? comparison.baseline : comparison.argv, env)
    if (round < 0) continue
    own.push(first === comparison.argv ? firstMs : secondMs)
    base.push(first === comparison.argv ? secondMs : firstMs)
  }
  return {
    ...comparison,
    ratio: median(own.map((ms, round) => ms / (base[round] ?? Number.NaN))),
    ms: median(own),
    baselineMs: median(base),
  }
}

async function compile(folder: string, name: string, source: string): Promise<string> {
  // In the repository's folder, where packages are found.
  const entry = resolve(`node_modules/.cache/kina-bench-${name}.ts`)
  await writeFile(entry, source)
  const outfile = join(folder, name)
  await $({ quiet: true })`${bun} build --compile --minify --bytecode --format=esm ${entry} --outfile ${outfile}`
  await rm(entry)
  return outfile
}

/** Answers at once, so that what is compared is the time of its callers. */
async function quickContainer(folder: string): Promise<string> {
  const path = join(folder, 'container')
  await writeFile(path, "#!/bin/sh\necho '[]'\n")
  await chmod(path, 0o755)
  return path
}

async function versionOf(name: string): Promise<string> {
  return (JSON.parse(await readFile(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version
}

async function section(results: readonly Measured[]): Promise<string> {
  const fixed = (value: number): string => value.toFixed(value < 10 ? 2 : 1)
  const rows = results.map(
    ({ what, against, ratio, budget, ms, baselineMs }) =>
      `| ${what} | ${against} | ${ratio.toFixed(2)} | ${budget} | ${ratio <= budget ? 'met' : '**missed**'} | ${fixed(ms)} ms / ${fixed(baselineMs)} ms |`,
  )
  return `Medians over ${rounds} rounds.

| What | Against | Ratio | Budget | | Medians |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

- ${machine()}
- kina ${(await $({ quiet: true })`${kina} version -o name`).stdout.trim()}, bun ${await versionOf('bun')}, zx ${await versionOf('zx')}.
- The empty program is an empty file, the other one awaits \`container list --all --format json\` through \`$\` of \`zx/core\`; both
  are compiled with \`bun build --compile --minify --bytecode\`.
- \`container\` is a shell script that prints an empty list, so that only the callers' own time is compared.
`
}

const folder = await mkdtemp(join(tmpdir(), 'kina-bench-'))
try {
  await $({ quiet: true })`${bun} scripts/build.ts --host-only`
  const empty = await compile(folder, 'empty', '')
  const oneCall = await compile(
    folder,
    'one-call',
    `import { $ } from 'zx/core'\nconst { stdout } = await $\`container list --all --format json\`\nif (JSON.parse(stdout).length > 0) console.log(stdout)\n`,
  )
  const container = await quickContainer(folder)
  const env = { PATH: `${folder}:${process.env['PATH']}`, HOME: folder, KINA_CONTAINER: container }
  const bare = 'an empty compiled program'
  const results = [
    { what: '`kina version`', argv: [kina, 'version'], against: bare, baseline: [empty], budget: 1.15 },
    { what: '`kina --help`', argv: [kina, '--help'], against: bare, baseline: [empty], budget: 1.5 },
    {
      what: '`kina get clusters`',
      argv: [kina, 'get', 'clusters'],
      against: 'a compiled program with zx that makes the same call',
      baseline: [oneCall],
      budget: 1.5,
    },
  ].map((comparison) => measure(comparison, env))
  const text = await section(results)
  await writeSection('Start', text)
  console.log(text)
} finally {
  await rm(folder, { recursive: true, force: true })
}
