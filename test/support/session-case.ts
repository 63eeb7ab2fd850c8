/** One create with one request of a node session spoiled, and all that must hold afterwards; on nodes of either kind. */
import { expect } from 'vitest'
import * as programs from '../../src/guest/programs.ts'
import { programDigest, type SessionEffect, type SessionFault } from '../lab/session-tap.ts'
import type { FaultLab } from './fault-lab.ts'
import type { RecordedRequest } from './recorded-calls.ts'

/** What can become of a request. */
export const requestFaults = [
  'non-zero exit',
  'lost session',
  'session lost for good',
  'never answers',
  'half an answer',
] as const
type RequestFault = (typeof requestFaults)[number]

const effects: Readonly<Record<RequestFault, { readonly do: SessionEffect; readonly times: number }>> = {
  'non-zero exit': { do: 'fail', times: 1 },
  'lost session': { do: 'lose', times: 1 },
  'session lost for good': { do: 'lose', times: 1_000_000 },
  'never answers': { do: 'silent', times: 1 },
  'half an answer': { do: 'half', times: 1 },
}

const programNames = new Map(Object.values(programs).map(({ name, text }) => [programDigest(text), name]))

export interface SessionCase {
  readonly request: RecordedRequest
  readonly fault: RequestFault
}

export function programOf({ program }: RecordedRequest): string {
  return programNames.get(program) ?? 'unknown'
}

interface Ending {
  readonly exitCode: number
  readonly says: RegExp
  /** The cluster stays. */
  readonly keeps?: boolean
}

/** How each fault must end. What is only waited for is no reason to undo a cluster. */
function endingOf({ request, fault }: SessionCase): Ending {
  const isWait = ['wait-nodes-ready', 'wait-dns-ready'].includes(programOf(request))
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

/** @param scales KINA_TIMEOUT_SCALE of a run in which something hangs, which is waited for, and of any other. */
export async function expectSessionWellEnded(
  lab: FaultLab,
  words: readonly string[],
  its: SessionCase,
  scales: { readonly hanging: string; readonly other: string },
): Promise<void> {
  const ending = endingOf(its)
  const spoiling: SessionFault = { ...its.request, ...effects[its.fault] }
  const spoiled = await lab.run(words, {
    LAB_SESSION_FAULTS: JSON.stringify([spoiling]),
    KINA_TIMEOUT_SCALE: its.fault === 'never answers' ? scales.hanging : scales.other,
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
}
