/**
 * Runs every check of the repository and ends with one line of numbers. Words are parts of names of gates: without any, all run.
 * What cannot run on this machine says so, and counts as failed in CI.
 */
import { resolve } from 'node:path'
import process from 'node:process'
import { denoTypes, denoUnit, denoVersion } from './gates/deno.ts'
import { endToEnd } from './gates/end-to-end.ts'
import { CannotRun, commandGate, type Gate } from './gates/gate.ts'
import { hardening } from './gates/hardening.ts'
import { endChildren, runGate } from './gates/run-gate.ts'
import { everyRelease } from './gates/releases.ts'
import { shellFiles } from './gates/shell-files.ts'
import { suiteGate } from './gates/test-suite.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const bin = 'node_modules/.bin'

/** What the generator writes is formatted by it. Patterns in oxfmt's configuration cannot reach out of the folder it lives in. */
const formatted = ['src', 'test', 'scripts', '!src/cli/generated/**']

/** The simulated guests are private roots, which only Linux gives, and only to root. */
function needsLab(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new CannotRun('the stand-in for container needs Linux and root')
}

/** A share of these is run with the contract tests; all of it takes long and has a gate of its own, run by name alone. */
const faultSuites = ['fault-matrix', 'session-faults', 'mutants'].map((name) => `test/contract/${name}.test.ts`)

const gates: readonly Gate[] = [
  commandGate('types', 120, [`${bin}/tsc`, '--noEmit', '-p', '.']),
  commandGate('lint', 120, [`${bin}/oxlint`, '-c', 'test/oxlint.json', '--deny-warnings', 'src', 'test', 'scripts']),
  commandGate('format', 60, [`${bin}/oxfmt`, '-c', 'test/oxfmt.json', '--check', ...formatted]),
  commandGate('dead exports', 120, [`${bin}/bun`, `${bin}/knip`, '--config', 'test/knip.json']),
  shellFiles,
  commandGate('generated files are fresh', 60, [`${bin}/bun`, 'scripts/generate-reference.ts', '--check']),
  denoTypes,
  denoVersion,
  suiteGate({ name: 'unit tests', seconds: 300, words: ['test/unit'] }),
  denoUnit,
  commandGate('build, signature, two builds alike', 300, [`${bin}/bun`, 'scripts/build.ts', '--check-reproducible']),
  hardening,
  suiteGate({ name: 'contract tests of the binary', seconds: 1800, words: ['test/contract'], needs: needsLab }),
  everyRelease(needsLab),
  suiteGate({
    name: 'coverage of src, branches at least 90 %',
    seconds: 1800,
    // Not what runs kina as a process in any case: it would take as long again and count nothing.
    words: [
      '--coverage',
      '--exclude=test/contract/{fault-matrix,session-faults,mutants,cache-killed,load-killed}.test.ts',
      'test/unit',
      'test/contract',
    ],
    env: { KINA_IN_PROCESS: '1' },
    needs: needsLab,
    shows: /^(Statements|Branches|Functions|Lines) +:/,
  }),
  endToEnd,
]

const byNameAlone: readonly Gate[] = [
  suiteGate({
    name: 'every fault at every call and request, every mutant',
    seconds: 7200,
    words: faultSuites,
    env: { KINA_EVERY_CASE: '1' },
    needs: needsLab,
    shows: /(fault matrix|session faults|mutants): /,
  }),
]

const words = process.argv.slice(2)
const isNamed = ({ name }: Gate): boolean => words.some((word) => name.includes(word))
const chosen = words.length === 0 ? gates : [...gates, ...byNameAlone].filter(isNamed)
const isCi = process.env['CI'] === 'true'

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    endChildren('SIGKILL')
    process.exit(130)
  })
}

let passed = 0
let failed = chosen.length === 0 ? 1 : 0
let notRun = 0
for (const gate of chosen) {
  const verdict = await runGate(gate, isCi)
  passed += verdict?.passed ?? 0
  failed += verdict?.failed ?? 0
  if (verdict === undefined) notRun++
}
if (chosen.length === 0) console.log(`No gate has one of these words in its name: ${words.join(' ')}`)
console.log(`${passed} passed, ${failed} failed${notRun > 0 ? `, ${notRun} NOT RUN on this machine` : ''}`)
process.exitCode = failed > 0 ? 1 : 0
