import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindVersion } from '../../src/version.ts'
import { buildNodeImage } from '../lab/node-image/build.ts'
import type { Answer } from '../support/as-kind/answer.ts'
import { compare } from '../support/as-kind/compare.ts'
import { judge, listedDifferences } from '../support/as-kind/listed.ts'
import { record } from '../support/as-kind/record.ts'
import { transcript } from '../support/as-kind/transcript.ts'
import { kinaBinary } from '../support/cluster-fixture.ts'
import { kindRelease, makeRealKind, type RealKind } from '../support/real-kind.ts'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

/** Two transcripts, each with four creates of real nodes. */
const minutes = 20

describe('kina under the name kind, beside the real kind', () => {
  let lab: RealLab
  let kind: RealKind
  let ofKind: readonly Answer[]
  let ofKina: readonly Answer[]

  beforeAll(async () => {
    lab = await makeRealLab()
    kind = await makeRealKind(lab.root, await buildNodeImage('1.37'))
    const bin = join(lab.root, 'bin')
    await mkdir(bin)
    await symlink(kinaBinary, join(bin, 'kind'))
    const steps = transcript()
    const image = lab.nodeImage
    const note =
      (tool: string) =>
      (step: string, ms: number, stderr: string): void =>
        console.log(`${tool} ${(ms / 1000).toFixed(1)} s: ${step}\n${stderr}`)
    ofKind = await record({ ...kind, image }, steps, note('kind'))
    ofKina = await record(
      { program: join(bin, 'kind'), image, home: lab.home, env: { ...lab.env, KUBECONFIG: join(lab.home, 'config') } },
      steps,
      note('kina'),
    )
  }, minutes * 60_000)

  afterAll(async () => {
    await kind?.remove()
    await lab?.remove()
  })

  it('answers as kind does, but for what docs/kind-compatibility.md lists', async () => {
    const page = await readFile(resolve(import.meta.dirname, '../../docs/kind-compatibility.md'), 'utf8')
    expect(judge(compare(ofKind, ofKina), listedDifferences(page))).toEqual({ unlisted: [], stale: [] })
  })

  it('says the version that it was compared with, where ctlptl reads it', () => {
    expect(kindRelease).toBe(`v${kindVersion}`)
    for (const answers of [ofKind, ofKina]) {
      const { stdout = '' } = answers.find(({ step }) => step === 'kind version') ?? {}
      expect(stdout.split(' ')[1]).toBe(kindRelease)
    }
  })

  it('leaves nothing', async () => {
    expect(await tracesOf(lab.root)).toEqual([])
  })
})
