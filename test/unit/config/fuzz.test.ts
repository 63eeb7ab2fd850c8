import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { clusterDocument } from '../../support/cluster-documents.ts'
import { realClusterFiles } from '../../support/real-cluster-files.ts'
import { swallowDocument } from '../../support/swallow-document.ts'

const seed = Number(process.env['KINA_SEED'] ?? 1)
/** A million are read by `npm run fuzz`. */
const count = 3000

describe('a cluster file by chance', () => {
  it(`is taken or refused with a KinaError, whatever is in it (${count} documents, KINA_SEED=${seed})`, async () => {
    const real = await realClusterFiles()
    const ends: Record<string, number> = {}
    for (let number = 0; number < count; number++) {
      const text = clusterDocument(seed, number, real)
      try {
        const end = swallowDocument(text)
        ends[end] = (ends[end] ?? 0) + 1
      } catch (error) {
        throw new Error(`document ${number}, KINA_SEED=${seed}: ${JSON.stringify(text)}`, { cause: error })
      }
    }
    // Both ways are gone often, else the generator tells nothing.
    expect(ends['taken']).toBeGreaterThan(count / 20)
    expect(ends['refused']).toBeGreaterThan(count / 10)
    // Nobody's objects have got what a document says.
    expect(({} as { polluted?: unknown }).polluted).toBe(undefined)
  })

  it('is the same for the same seed and number', async () => {
    const real = await realClusterFiles()
    expect(clusterDocument(7, 11, real)).toBe(clusterDocument(7, 11, real))
    expect(clusterDocument(7, 11, real)).not.toBe(clusterDocument(7, 12, real))
  })
})

describe('a real cluster file', () => {
  it('is taken as it is', async () => {
    expect((await realClusterFiles()).map(swallowDocument)).toEqual((await realClusterFiles()).map(() => 'taken'))
  })
})
