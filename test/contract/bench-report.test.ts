import { describe, expect, it } from 'vitest'
import { loadSection } from '../../scripts/bench/load-report.ts'
import type { LoadMeasured } from '../../scripts/bench/load-round.ts'
import { measureNames, type Measured, type Round } from '../../scripts/bench/measures.ts'
import { readOptions } from '../../scripts/bench/options.ts'
import { benchSection } from '../../scripts/bench/report.ts'

const around = { machine: 'Measured here.', versions: ['kind v1, kina v2.'], rounds: 3, warmUp: 1 }
const all = (value: number): Measured =>
  Object.fromEntries(measureNames.map((name) => [name, value])) as unknown as Measured
const round = (kina: Partial<Measured>, kind: Partial<Measured> = {}, bareDelete = 1): Round => ({
  kind: { ...all(10), ...kind },
  kina: { ...all(1), ...kina },
  bareDelete,
})
const row = (text: string, start: string): string => text.split('\n').find((line) => line.startsWith(start)) ?? ''

describe('benchSection() of clusters from prepared disks', () => {
  it('has budgets of its own, and says what making the disk took', () => {
    const rounds = new Map([[1, [round({ ready: 3 }), round({ ready: 3 })]]])
    const title = '| 1 | all nodes are Ready'
    const plain = benchSection(rounds, around)
    const prepared = benchSection(rounds, { ...around, preparedIn: 21.04 })
    expect([row(plain, title), row(prepared, title)].map((text) => text?.split('|')[4]?.trim())).toEqual([
      '0.35',
      '0.25',
    ])
    expect(prepared).toContain('had made before, in 21.0 s')
    expect(plain).not.toContain('cache warm')
  })
})

describe('benchSection()', () => {
  it('has medians of ratios within a round, with the spread of both', () => {
    // The ratios are 0.2, 0.5 and 0.4; the ratio of the medians would be 0.3.
    const rounds = [
      round({ ready: 2 }, { ready: 10 }),
      round({ ready: 10 }, { ready: 20 }),
      round({ ready: 3 }, { ready: 7.5 }),
    ]
    expect(row(benchSection(new Map([[1, rounds]]), around), '| 1 | all nodes are Ready')).toBe(
      '| 1 | all nodes are Ready | 0.40 | 0.35 | **missed** | 3.0 s (2.0-10.0) | 10.0 s (7.5-20.0) |  |',
    )
  })

  it('says met at the budget, nothing where there is none, and the budget of the number of nodes', () => {
    const text = benchSection(
      new Map([
        [1, [round({ ready: 3.5 })]],
        [3, [round({ ready: 5, dns: 9 })]],
      ]),
      around,
    )
    expect(row(text, '| 1 | all nodes are Ready')).toContain('| 0.35 | 0.35 | met |')
    expect(row(text, '| 3 | all nodes are Ready')).toContain('| 0.50 | 0.5 | met |')
    expect(row(text, '| 3 | CoreDNS is rolled out')).toContain('| 0.90 |  |  |')
  })

  it('has an excuse beside each number that needs one', () => {
    const text = benchSection(new Map([[1, [round({ deleted: 1 })]]]), around)
    expect(row(text, '| 1 | delete |')).toContain("podman's 10 s stop time-out")
  })

  it("holds kina's own use against its own budgets", () => {
    const rounds = [
      round({ cpu: 0.2, returned: 10, peak: 100e6, deleted: 2 }, {}, 1),
      round({ cpu: 0.4, returned: 10, peak: 121e6, deleted: 1.4 }, {}, 1),
      round({ cpu: 0.3, returned: 10, peak: 90e6, deleted: 1 }, {}, 1),
    ]
    const text = benchSection(new Map([[1, rounds]]), around)
    expect(row(text, '| 1 | its own CPU time')).toContain('| 3.0 % | 3 % | met |')
    expect(row(text, '| 1 | its peak memory')).toContain('| 121 MB | 120 MB | **missed** |')
    expect(row(text, '| 1 | delete by')).toContain('(1.0 s (1.0-1.0)), median | 1.40 | 1.5 | met |')
  })
})

describe('loadSection()', () => {
  it('has medians of ratios within a round, and the most memory', () => {
    const of = (seconds: number, peak: number): LoadMeasured => ({
      fresh: seconds,
      again: seconds,
      rebuilt: seconds,
      stored: seconds,
      peak,
    })
    const rounds = [
      { kind: of(10, 1e6), kina: of(1, 121e6) },
      { kind: of(20, 2e6), kina: of(10, 9e6) },
      { kind: of(5, 1e6), kina: of(2, 9e6) },
    ]
    const text = loadSection({ rounds, failed: ['kind'] }, 3, around)
    expect(row(text, '| the same archive again')).toBe(
      '| the same archive again | 0.400 | 0.1 | **missed** | 2.0 s (1.0-10.0) | 10.0 s (5.0-20.0) |  |',
    )
    expect(row(text, '| an archive that is new')).toContain('| 0.6 | met |')
    expect(row(text, '| from the image store')).toContain("no measure of Apple's")
    expect(text).toContain("121 MB, budget 120 MB, **missed**; kind's: 2 MB")
    expect(text).toContain('not counted a load by kind failed.\n- Measured here.\n')
  })
})

describe('the options of bench:kind', () => {
  it('are read, with defaults', () => {
    expect(readOptions([])).toEqual({ rounds: 5, warmUp: 1, isDryRun: false, parts: ['create', 'load', 'prepared'] })
    expect(readOptions(['--dry-run', '--rounds', '1', '--warm-up', '0', '--only', 'load'])).toEqual({
      rounds: 1,
      warmUp: 0,
      isDryRun: true,
      parts: ['load'],
    })
  })

  for (const words of [
    ['--rounds'],
    ['--rounds', '0'],
    ['--rounds', 'x'],
    ['--warm-up', '-1'],
    ['--round', '2'],
    ['--only'],
    ['--only', 'delete'],
    ['3'],
  ])
    it(`are refused: ${words.join(' ')}`, () => expect(() => readOptions(words)).toThrow(/integer|Unknown word/))
})
