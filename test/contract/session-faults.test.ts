import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as programs from '../../src/guest/programs.ts'
import { programDigest, type SessionEffect, type SessionFault } from '../lab/session-tap.ts'
import { makeFaultLab, scaleForHangs } from '../support/fault-lab.ts'
import { recordedRequests, type RecordedRequest } from '../support/recorded-calls.ts'
import { shareOf } from '../support/share.ts'
import { sideBySide } from '../support/side-by-side.ts'

const faults = ['non-zero exit', 'lost session', 'session lost for good', 'never answers', 'half an answer'] as const
type Fault = (typeof faults)[number]

const effects: Readonly<Record<Fault, { readonly do: SessionEffect; readonly times: number }>> = {
  'non-zero exit': { do: 'fail', times: 1 },
  'lost session': { do: 'lose', times: 1 },
  'session lost for good': { do: 'lose', times: 1_000_000 },
  'never answers': { do: 'silent', times: 1 },
  'half an answer': { do: 'half', times: 1 },
}

const programNames = new Map(Object.values(programs).map(({ name, text }) => [programDigest(text), name]))

interface Case {
  readonly workers: number
  readonly request: RecordedRequest
  readonly program: string
  readonly fault: Fault
}

interface Ending {
  readonly exitCode: number
  readonly says: RegExp
  /** The cluster stays. */
  readonly keeps?: boolean
}

/** How each fault must end. What is only waited for is no reason to undo a cluster. */
function endingOf({ program, request, fault }: Case): Ending {
  const isWait = ['wait-nodes-ready', 'wait-dns-ready'].includes(program)
  switch (fault) {
    case 'lost session':
    case 'half an answer':
      return { exitCode: 0, says: /(?:)/ }
    case 'session lost for good':
      return { exitCode: 1, says: /Cannot go on in node/ }
    case 'non-zero exit':
      if (isWait) return { exitCode: 5, says: /was not ready within/, keeps: true }
      return { exitCode: 1, says: new RegExp(`Cannot (run|prepare).*"${request.node}": exit code 1`) }
    case 'never answers':
      if (isWait) return { exitCode: 5, says: /was not ready within/, keeps: true }
      return { exitCode: 5, says: new RegExp(`Cannot go on in node "${request.node}": no answer within`) }
  }
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
  faults.map((fault): Case => ({
    workers,
    request,
    program: programNames.get(request.program) ?? 'unknown',
    fault,
  })),
)
// Every program in some way, and every way somewhere.
const chosen = shareOf(cases, 5, ({ program }) => program)

async function runCase(its: Case): Promise<void> {
  const { request, fault } = its
  const words = wordsOf(its.workers)
  const lab = await makeFaultLab()
  try {
    const ending = endingOf(its)
    const spoiling: SessionFault = { ...request, ...effects[fault] }
    const spoiled = await lab.run(words, {
      LAB_SESSION_FAULTS: JSON.stringify([spoiling]),
      KINA_TIMEOUT_SCALE: fault === 'never answers' ? scale : '5',
    })
    expect(`exit code ${spoiled.exitCode}\n${spoiled.stderr}`).toMatch(ending.says)
    expect(`exit code ${spoiled.exitCode}`, spoiled.stderr).toBe(`exit code ${ending.exitCode}`)
    expect(spoiled.stderr).not.toContain('kina has a bug')
    const stays = ending.exitCode === 0 || ending.keeps === true
    expect((await lab.left()) === '').toBe(!stays)
    if (stays) expect((await lab.run(['status'])).exitCode).toBe(0)
    await lab.mustSucceed(['delete', 'cluster'])
    await lab.expectClean()
    if (stays) return
    await lab.mustSucceed(words)
    await lab.mustSucceed(['delete', 'cluster'])
    await lab.expectClean()
  } finally {
    await lab.remove()
  }
}

describe('every request of a node session, spoiled in every way', () => {
  console.log(`session faults: ${chosen.length} of ${cases.length} cases, KINA_TIMEOUT_SCALE=${scale}`)
  const results = sideBySide(chosen, 3, runCase)
  chosen.forEach(({ program, request: { node, nth }, fault }, index) => {
    it(`${program} in ${node}${nth === 1 ? '' : `, time ${nth}`}: ${fault}`, () => results[index])
  })
  it('has cases of every fault and of every program that a create runs', () => {
    expect(new Set(chosen.map(({ fault }) => fault)).size).toBe(faults.length)
    expect(new Set(chosen.map(({ program }) => program))).toEqual(new Set(cases.map(({ program }) => program)))
    expect(cases.map(({ program }) => program)).not.toContain('unknown')
  })
})
