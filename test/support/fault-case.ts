/** One command with one call of `container` spoiled, and all that must hold afterwards; on nodes of either kind. */
import { expect } from 'vitest'
import { endingOf, labFaults, type CallFault, type Command } from './call-faults.ts'
import type { FaultLab } from './fault-lab.ts'
import type { RecordedCall } from './recorded-calls.ts'

export interface FaultCase {
  readonly command: Command
  readonly words: readonly string[]
  readonly call: RecordedCall
  readonly fault: CallFault
}

/** @param scales KINA_TIMEOUT_SCALE of a run in which something hangs, which is waited for, and of any other. */
export async function expectWellEnded(
  lab: FaultLab,
  { command, words, call, fault }: FaultCase,
  scales: { readonly hanging: string; readonly other: string },
): Promise<void> {
  const ending = endingOf(command, call, fault)
  const spoiled = await lab.run(words, {
    LAB_FAULTS: labFaults(fault, call),
    KINA_TIMEOUT_SCALE: fault.startsWith('hangs') ? scales.hanging : scales.other,
  })
  expect(`exit code ${spoiled.exitCode}\n${spoiled.stderr}`).toMatch(ending.says)
  expect(`exit code ${spoiled.exitCode}`, spoiled.stderr).toBe(`exit code ${ending.exitCode}`)
  expect(spoiled.stderr).not.toContain('kina has a bug')

  const serviceIsWell = fault !== 'hangs (service)' && fault !== 'service lost'
  // A create that fails leaves nothing by itself, as long as there is a service to ask.
  if (command === 'create' && ending.exitCode !== 0 && ending.exitCode !== 137 && serviceIsWell)
    expect(await lab.left()).toBe('')
  if (fault === 'hangs (service)') await lab.container(['system', 'stop'])
  if (!serviceIsWell) await lab.container(['system', 'start', '--enable-kernel-install'])
  // A cluster that was there before is never harmed.
  if (command === 'create --if-not-exists') expect(await lab.left()).toBe('kina-control-plane\n')
  if (command === 'create --if-not-exists' && serviceIsWell) {
    await lab.mustSucceed(words)
    expect(await lab.left()).toBe('kina-control-plane\n')
  }

  await lab.mustSucceed(['delete', 'cluster'])
  await lab.expectClean()
  if (command !== 'create') return
  await lab.mustSucceed(words)
  await lab.mustSucceed(['delete', 'cluster'])
  await lab.expectClean()
}
