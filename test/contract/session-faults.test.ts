import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFaultLab, scaleForHangs } from '../support/fault-lab.ts'
import { recordedRequests, type RecordedRequest } from '../support/recorded-calls.ts'
import { expectSessionWellEnded, programOf, requestFaults, type SessionCase } from '../support/session-case.ts'
import { shareOf } from '../support/share.ts'
import { sideBySide } from '../support/side-by-side.ts'

interface Case extends SessionCase {
  readonly workers: number
  readonly program: string
}

function wordsOf(workers: number): readonly string[] {
  return ['create', 'cluster', '--workers', String(workers), '--wait', '20s']
}

/** The requests of a good run, in each node. */
async function record(workers: number): Promise<readonly RecordedRequest[]> {
  const lab = await makeFaultLab()
  const log = join(lab.root, 'requests.jsonl')
  try {
    await lab.mustSucceed(wordsOf(workers), { LAB_SESSION_LOG: log })
    return await recordedRequests(log)
  } finally {
    await lab.remove()
  }
}

const scale = await scaleForHangs()
const alone = await record(0)
// Of two nodes, what a cluster of one does not have.
const known = new Set(alone.map(({ node, program, nth }) => `${node} ${program} ${nth}`))
const together = (await record(1)).filter(({ node, program, nth }) => !known.has(`${node} ${program} ${nth}`))
const cases = [
  ...alone.map((request) => ({ workers: 0, request })),
  ...together.map((request) => ({ workers: 1, request })),
].flatMap(({ workers, request }) =>
  requestFaults.map((fault): Case => ({ workers, request, program: programOf(request), fault })),
)
// Every program in some way, and every way somewhere.
const chosen = shareOf(cases, 5, ({ program }) => program)

async function runCase({ workers, ...its }: Case): Promise<void> {
  const lab = await makeFaultLab()
  try {
    await expectSessionWellEnded(lab, wordsOf(workers), its, { hanging: scale, other: '5' })
  } finally {
    await lab.remove()
  }
}

/** A case waits out several deadlines, which are the longer the slower this machine was when they were chosen. */
const caseMs = 900_000

describe('every request of a node session, spoiled in every way', () => {
  console.log(`session faults: ${chosen.length} of ${cases.length} cases, KINA_TIMEOUT_SCALE=${scale}`)
  const results = sideBySide(chosen, 3, runCase)
  chosen.forEach(({ program, request: { node, nth }, fault }, index) => {
    it(`${program} in ${node}${nth === 1 ? '' : `, time ${nth}`}: ${fault}`, () => results[index], caseMs)
  })
  it('has cases of every fault and of every program that a create runs', () => {
    expect(new Set(chosen.map(({ fault }) => fault)).size).toBe(requestFaults.length)
    expect(new Set(chosen.map(({ program }) => program))).toEqual(new Set(cases.map(({ program }) => program)))
    expect(cases.map(({ program }) => program)).not.toContain('unknown')
  })
})
