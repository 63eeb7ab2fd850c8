import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/command-table.ts'
import { candidatesFor, type Candidates } from '../../../src/cli/completion/candidates.ts'
import { flagOf } from '../../../src/cli/define-command.ts'
import { globalOptions } from '../../../src/cli/shared-options.ts'

const found = (...line: readonly string[]): Candidates => candidatesFor(line, commands)
const words = (...line: readonly string[]): readonly string[] => found(...line).words.map(({ word }) => word)

describe('candidatesFor()', () => {
  it('leads to every command of the table, word by word, and to each of its options', () => {
    const globals = Object.keys(globalOptions).map((key) => `--${flagOf(key)}`)
    for (const { name, options } of commands) {
      name.forEach((word, index) => expect(words(...name.slice(0, index), '')).toContain(word))
      const flags = words(...name, '--')
      expect(flags.toSorted()).toEqual(
        [...Object.keys(options).map((key) => `--${flagOf(key)}`), ...globals].toSorted(),
      )
    }
  })

  it('offers the choices of every option that has some, in both spellings', () => {
    for (const { name, options } of commands)
      for (const [key, { choices, short }] of Object.entries(options)) {
        if (!choices) continue
        expect(words(...name, `--${flagOf(key)}`, '')).toEqual(choices)
        expect(words(...name, `--${flagOf(key)}=`)).toEqual(choices.map((choice) => `--${flagOf(key)}=${choice}`))
        if (short) expect(words(...name, `-${short}`, '')).toEqual(choices)
      }
  })

  const table: readonly (readonly [line: readonly string[], expected: Partial<Candidates>])[] = [
    [['status', ''], { names: 'clusters' }],
    [['status', '-n', ''], { names: 'clusters', prefix: '' }],
    [['status', '--name='], { names: 'clusters', prefix: '--name=' }],
    [['delete', ''], { names: 'clusters' }],
    [['delete', 'clusters', 'a', 'b', ''], { names: 'clusters' }],
    [['exec', ''], { names: 'nodes' }],
    [['exec', '-i', ''], { names: 'nodes' }],
    [['create', 'cluster', '--config='], { paths: 'files', prefix: '--config=' }],
    [['--log-format', 'json', 'export', 'logs', ''], { paths: 'folders' }],
    [['exec', 'node', '--', 'ls', ''], { paths: 'files' }],
  ]
  for (const [line, expected] of table) {
    it(`${line.join(' ')}: ${JSON.stringify(expected)}`, () => expect(found(...line)).toMatchObject(expected))
  }

  it('offers nothing where nothing is known: names that are new, numbers, too many words, unknown commands', () => {
    for (const line of [
      ['create', 'cluster', ''],
      ['create', 'cluster', '--name', ''],
      ['create', 'cluster', '--workers', ''],
      ['status', 'a', ''],
      ['nonsense', ''],
      ['status', '--nonsense='],
    ])
      expect(found(...line)).toEqual({ words: [], prefix: expect.any(String) as string })
    expect(candidatesFor([], commands).words.length).toBeGreaterThan(5)
  })

  it("offers no word that is refused under kind's name", () => {
    expect(candidatesFor(['delete', 'cluster', ''], commands, 'kind')).toEqual({ words: [], prefix: '' })
    expect(candidatesFor(['delete', 'cluster', '-n', ''], commands, 'kind')).toMatchObject({ names: 'clusters' })
  })

  it('says what a word means: the summary of a command, the commands of a group', () => {
    const helps = new Map(found('').words.map(({ word, help }) => [word, help]))
    expect(helps.get('status')).toBe(commands.find(({ name }) => name.join(' ') === 'status')?.summary)
    expect(helps.get('get')).toContain('clusters, nodes')
  })
})
