import { describe, expect, it } from 'vitest'
import { callFaults, type CallFault, type Command } from '../support/call-faults.ts'
import { expectWellEnded } from '../support/fault-case.ts'
import { makeFaultLab, scaleForHangs } from '../support/fault-lab.ts'
import { callName, recordedCalls, type RecordedCall } from '../support/recorded-calls.ts'
import { shareOf } from '../support/share.ts'
import { sideBySide } from '../support/side-by-side.ts'

/** A command whose calls are spoiled one after another. */
interface Subject {
  readonly title: string
  readonly command: Command
  readonly words: readonly string[]
  /** The command that makes what it finds. */
  readonly first?: readonly string[]
  /** Of each fault one of so many cases is in the share that is always run. */
  readonly every: number
}

const create = ['create', 'cluster']
const subjects: readonly Subject[] = [
  { title: 'create of one node', command: 'create', words: create, every: 3 },
  { title: 'create of three nodes', command: 'create', words: [...create, '--workers', '2'], every: 13 },
  { title: 'delete', command: 'delete', words: ['delete', 'cluster'], first: create, every: 3 },
  {
    title: 'create --if-not-exists',
    command: 'create --if-not-exists',
    words: [...create, '--if-not-exists'],
    first: create,
    every: 5,
  },
]

interface Case {
  readonly subject: Subject
  readonly call: RecordedCall
  readonly fault: CallFault
}

/** The calls of a good run. */
async function record({ words, first }: Subject): Promise<readonly RecordedCall[]> {
  const lab = await makeFaultLab()
  try {
    if (first) await lab.mustSucceed(first)
    await lab.forgetCalls()
    await lab.mustSucceed(words)
    return recordedCalls(await lab.calls())
  } finally {
    await lab.remove()
  }
}

const scale = await scaleForHangs()
const cases: Case[] = []
for (const subject of subjects) {
  const calls = await record(subject)
  cases.push(...calls.flatMap((call) => callFaults.map((fault) => ({ subject, call, fault }))))
}
const chosen = subjects.flatMap((subject) =>
  shareOf(
    cases.filter((its) => its.subject === subject),
    subject.every,
    ({ fault }) => fault,
  ),
)

async function runCase({ subject: { command, words, first }, call, fault }: Case): Promise<void> {
  const lab = await makeFaultLab()
  try {
    if (first) await lab.mustSucceed(first)
    // Only what hangs is waited for; everything else may take its time.
    await expectWellEnded(lab, { command, words, call, fault }, { hanging: scale, other: '5' })
  } finally {
    await lab.remove()
  }
}

/** A case waits out several deadlines, which are the longer the slower this machine was when they were chosen. */
const caseMs = 900_000

describe('every call of container, spoiled in every way', () => {
  console.log(`fault matrix: ${chosen.length} of ${cases.length} cases, KINA_TIMEOUT_SCALE=${scale}`)
  const results = sideBySide(chosen, 3, runCase)
  chosen.forEach(({ subject, call, fault }, index) => {
    it(`${subject.title}, ${callName(call)}: ${fault}`, () => results[index], caseMs)
  })
  it('has cases of every command and of every fault', () => {
    expect(new Set(chosen.map(({ fault }) => fault)).size).toBe(callFaults.length)
    expect(new Set(chosen.map(({ subject }) => subject.title)).size).toBe(subjects.length)
    expect(cases.length).toBeGreaterThan(150)
  })
})
