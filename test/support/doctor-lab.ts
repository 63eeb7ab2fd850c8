import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { makeLab, type Lab, type LabOptions, type Outcome } from './cluster-fixture.ts'

interface Seen {
  readonly exitCode: number
  readonly outcome: Outcome
  /** Names of the checks that found something. */
  readonly found: readonly string[]
  readonly mended: readonly string[]
  /** Evidence, remedies and `blocks` of one check, a text to search. */
  of(check: string): string
  resultOf(check: string): string
}

interface Answer {
  readonly mended: readonly string[]
  readonly checks: readonly { readonly name: string; readonly outcome: string; readonly findings: readonly unknown[] }[]
}

/** A lab on a machine where all is well, with a kubectl of the newest pinned version. */
export async function makeDoctorLab(options: LabOptions = {}): Promise<Lab> {
  const lab = await makeLab(options)
  await mkdir(join(lab.home, 'bin'))
  await writeKubectl(lab, 'v1.37.0')
  return lab
}

/** A program `kubectl` that knows its version and nothing else. */
export async function writeKubectl(lab: Lab, version: string): Promise<void> {
  const path = join(lab.home, 'bin/kubectl')
  await writeFile(path, `#!/bin/sh\necho '{"clientVersion": {"gitVersion": "${version}"}}'\n`)
  await chmod(path, 0o755)
}

export async function doctor(
  lab: Lab,
  env: Readonly<Record<string, string>> = {},
  ...words: readonly string[]
): Promise<Seen> {
  const path = `${join(lab.home, 'bin')}:${process.env['PATH'] ?? ''}`
  const outcome = await lab.kina(['doctor', '-o', 'json', ...words], { env: { PATH: path, ...env } })
  const { checks, mended } = JSON.parse(outcome.stdout || '{"checks":[],"mended":[]}') as Answer
  return {
    exitCode: outcome.exitCode,
    outcome,
    // What is free on the disk of whoever runs the tests is no matter of theirs.
    found: checks.filter(({ name, findings }) => findings.length > 0 && name !== 'disk-space').map(({ name }) => name),
    mended,
    of: (check) =>
      checks
        .find(({ name }) => name === check)
        ?.findings.map((its) => JSON.stringify(its))
        .join('\n') ?? '',
    resultOf: (check) => checks.find(({ name }) => name === check)?.outcome ?? 'no such check',
  }
}
