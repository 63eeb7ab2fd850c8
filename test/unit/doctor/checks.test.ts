import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { overlap } from '../../../src/config/cidr.ts'
import { checks } from '../../../src/doctor/checks.ts'

const repository = resolve(import.meta.dirname, '../../..')

describe('the checks of kina doctor', () => {
  it('have a name each, and a claim that is a sentence', () => {
    const names = checks.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { name, claim } of checks) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(claim).toMatch(/[^.]$/)
    }
  })

  it('are each produced on the stand-in by a test', () => {
    const tests = ['hosts', 'clusters']
      .map((what) => readFileSync(resolve(repository, `test/contract/doctor-of-${what}.test.ts`), 'utf8'))
      .join('\n')
    // By name in the title of a test, or in the table of surroundings.
    const produced = (name: string): boolean =>
      new RegExp(
        `it\\('[^']*\\b${name}\\b[^']*:|\\[\\s*'${name}', (?:true|false)|\\[\\s*'${name}',\\s*(?:true|false)`,
      ).test(tests)
    expect(checks.map(({ name }) => name).filter((name) => !produced(name))).toEqual([])
  })
})

describe('overlap()', () => {
  for (const [one, other, expected] of [
    ['192.168.64.0/24', '10.244.0.0/16', false],
    ['10.244.7.0/24', '10.244.0.0/16', true],
    ['10.0.0.0/8', '10.96.0.0/16', true],
    ['10.97.0.0/24', '10.96.0.0/16', false],
    ['0.0.0.0/0', '10.96.0.0/16', true],
    ['fd00::/64', '10.96.0.0/16', false],
    ['nonsense', '10.96.0.0/16', false],
  ] as const) {
    it(`${one} and ${other}: ${expected}`, () => expect(overlap(one, other)).toBe(expected))
  }
})
