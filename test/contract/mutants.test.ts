import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as programs from '../../src/guest/programs.ts'
import { scaleForHangs } from '../support/fault-lab.ts'
import { mutantsOf } from '../support/mutants.ts'
import { shareOf } from '../support/share.ts'
import { sideBySide } from '../support/side-by-side.ts'
import { isOfCreate, isTried, openTrials } from '../support/trials.ts'

/** Of a hundred mutants so many must be noticed. */
const leastNoticed = 80

const all = Object.values(programs).filter(isTried)
const cases = all.flatMap((program) => mutantsOf(program.text).map((mutant) => ({ program, mutant })))
type Case = (typeof cases)[number]
const chosen = shareOf(cases, 40, ({ program }) => program.name)
const nameOf = ({ program, mutant }: Case): string => `${program.name}: ${mutant.name}`

/** Mutants that nothing notices, by the list in test/lab/README.md: "- `PROGRAM`: `MUTANT`, `MUTANT`. REASON". */
async function knownSurvivors(): Promise<ReadonlySet<string>> {
  const page = await readFile(join(import.meta.dirname, '../lab/README.md'), 'utf8')
  const [, section = ''] = /\n## Mutants that nothing notices\n([\s\S]*?)(?:\n## |$)/.exec(page) ?? []
  const entries = section.matchAll(/^- `([\w-]+)`: (`[^`]+`(?:, `[^`]+`)*)\. \S/gm)
  return new Set(
    [...entries].flatMap(([, program = '', names = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => `${program}: ${name}`),
    ),
  )
}

describe('the programs of nodes', async () => {
  const scale = await scaleForHangs()
  const trials = openTrials(scale)
  afterAll(() => trials.end())
  console.log(`mutants: ${chosen.length} of ${cases.length}, KINA_TIMEOUT_SCALE=${scale}`)

  it('as they are, pass all that mutants are tried by', async () => {
    const some = ['join-node', 'node-conditions', 'look-at-node', 'collect-logs', 'import-images', 'print-logs']
    for (const program of all.filter(({ name }) => some.includes(name)))
      expect(`${program.name}: ${await trials.run(program, program.text)}`).toBe(`${program.name}: undefined`)
  })

  const results = sideBySide(chosen, 3, async (its) => ({
    its,
    noticed: await trials.run(its.program, its.mutant.text),
  }))

  it('cannot be changed unnoticed, but for what test/lab/README.md lists', async () => {
    const known = await knownSurvivors()
    const seen = await Promise.all(results)
    const survivors = seen.filter(({ noticed }) => noticed === undefined).map(({ its }) => nameOf(its))
    const ofCreate = seen.filter(({ its }) => isOfCreate(its.program))
    const failed = ofCreate.filter(({ noticed }) => noticed?.startsWith('create:'))
    const leftWrong = ofCreate.filter(({ noticed }) => noticed?.startsWith('left behind:'))
    console.log(
      `mutants: ${chosen.length - survivors.length} of ${chosen.length} noticed; of ${ofCreate.length} in programs of a create ` +
        `${failed.length} make one end wrongly, ${leftWrong.length} leave a cluster that is not as it must be`,
    )
    // No failure: on a slow machine a create may end for want of time.
    const noLonger = chosen.map(nameOf).filter((name) => known.has(name) && !survivors.includes(name))
    if (noLonger.length > 0) console.log(`on the list, and noticed: ${noLonger.join('; ')}`)
    expect(survivors.filter((name) => !known.has(name))).toEqual([])
  }, 7_200_000)

  it(`are such that of those of a create ${leastNoticed} % of the mutants are noticed, by the list of the others`, async () => {
    const known = await knownSurvivors()
    expect([...known].filter((name) => !cases.some((its) => nameOf(its) === name))).toEqual([])
    const ofCreate = cases.filter(({ program }) => isOfCreate(program))
    const noticed = ofCreate.filter((its) => !known.has(nameOf(its)))
    expect((100 * noticed.length) / ofCreate.length).toBeGreaterThanOrEqual(leastNoticed)
  })
})
