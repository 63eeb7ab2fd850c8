import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { callFaults } from '../support/call-faults.ts'
import { expectWellEnded } from '../support/fault-case.ts'
import { faultLabOf, type FaultLab } from '../support/fault-lab.ts'
import { randomFrom } from '../support/random.ts'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'
import { callName, recordedCalls, recordedRequests } from '../support/recorded-calls.ts'
import { expectSessionWellEnded, programOf, requestFaults } from '../support/session-case.ts'

/** Cases of the fault matrix that are run on real nodes: so many calls of `container`, and so many requests of the node session. */
const callCases = 7
const requestCases = 3
const seed = Number(process.env['KINA_SEED'] ?? 1)
/** What hangs is waited for; real nodes need most of their deadlines for the rest. */
const scales = { hanging: '0.5', other: '3' }

/**
 * The matrix is that of test/contract/fault-matrix.test.ts and session-faults.test.ts, for a create of one real node: the same
 * specification of how each fault must end.
 */
describe('a sample of all faults at all calls of a create, on real nodes', () => {
  let lab: FaultLab & RealLab
  let words: readonly string[]
  let cases: readonly { readonly title: string; readonly run: () => Promise<void> }[]

  beforeAll(async () => {
    lab = await faultLabOf(await makeRealLab())
    words = ['create', 'cluster', '--image', lab.nodeImage]
    const log = join(lab.root, 'requests.jsonl')
    await lab.mustSucceed(words, { LAB_SESSION_LOG: log })
    const calls = recordedCalls(await lab.calls())
    const requests = await recordedRequests(log)
    await lab.mustSucceed(['delete', 'cluster'])
    const ofCalls = calls.flatMap((call) =>
      callFaults.map((fault) => ({
        title: `${callName(call)}: ${fault}`,
        run: () => expectWellEnded(lab, { command: 'create', words, call, fault }, scales),
      })),
    )
    const ofRequests = requests.flatMap((request) =>
      requestFaults.map((fault) => ({
        title: `${programOf(request)}${request.nth === 1 ? '' : `, time ${request.nth}`}: ${fault}`,
        run: () => expectSessionWellEnded(lab, words, { request, fault }, scales),
      })),
    )
    cases = [...chosen(ofCalls, callCases, 0), ...chosen(ofRequests, requestCases, 1)]
    console.log(
      `fault sample: ${cases.length} of ${ofCalls.length + ofRequests.length} cases, KINA_SEED=${seed}\n` +
        cases.map(({ title }, index) => `${index + 1}: ${title}`).join('\n'),
    )
  })
  afterEach(async () => {
    // Whatever a case that failed has left is not to fail the next.
    await lab.container(['system', 'start', '--enable-kernel-install'])
    await lab.run(['delete', 'clusters', '--all'])
    expect(await tracesOf(lab.root)).toEqual([])
  })
  afterAll(() => lab.remove())

  for (let number = 1; number <= callCases + requestCases; number++) {
    it(`case ${number} ends as specified, leaves nothing behind a delete, and the next create succeeds`, async () => {
      const its = cases[number - 1]
      console.log(`${number}: ${its?.title}`)
      await its?.run()
    })
  }
})

/** So many of them by chance, none twice. */
function chosen<T>(items: readonly T[], count: number, which: number): readonly T[] {
  const random = randomFrom(Math.imul(seed, 2) + which)
  const left = [...items]
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)).flat()
}
