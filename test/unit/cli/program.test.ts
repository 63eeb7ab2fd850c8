import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/command-table.ts'
import { defineCommand } from '../../../src/cli/define-command.ts'
import { parseCommandLine, readGlobals } from '../../../src/cli/program.ts'
import { KinaError } from '../../../src/errors.ts'

const parsed = (
  line: string,
  list = commands,
): { name: string; values: Record<string, unknown>; words: readonly string[]; rest: readonly string[] } => {
  const { command, values, words, rest } = parseCommandLine(line.split(' ').filter(Boolean), list, 'kina')
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== false))
  return { name: command.name.join(' '), values: given, words, rest }
}

describe('parseCommandLine() finds the command', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['create cluster', 'create cluster', []],
    ['create', 'create cluster', []],
    ['create dev', 'create cluster', ['dev']],
    ['create cluster dev', 'create cluster', ['dev']],
    ['delete clusters a b', 'delete clusters', ['a', 'b']],
    ['delete cluster', 'delete cluster', []],
    ['-v 1 get clusters', 'get clusters', []],
    ['--log-format json -q get nodes dev', 'get nodes', ['dev']],
    ['get --name dev kubeconfig', 'get kubeconfig', []],
    ['status 007', 'status', ['007']],
    ['help create cluster', 'help', ['create', 'cluster']],
  ]
  for (const [line, name, words] of cases) {
    it(`kina ${line}`, () => expect(parsed(line)).toMatchObject({ name, words }))
  }
})

describe('parseCommandLine() reads options as kind does and keeps texts', () => {
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ['create cluster --name dev', { name: 'dev' }],
    ['create cluster --name=dev', { name: 'dev' }],
    ['create cluster -n dev', { name: 'dev' }],
    ['create cluster -ndev', { name: 'dev' }],
    ['create cluster -n=dev', { name: 'dev' }],
    ['create cluster --name 007', { name: '007' }],
    ['create cluster --kubernetes-version 1.30', { kubernetesVersion: '1.30' }],
    ['create cluster --image 0x10', { image: '0x10' }],
    ['create cluster --memory 1e3', { memory: '1e3' }],
    ['create cluster --wait=-1', { wait: '-1' }],
    ['create cluster --wait -1', { wait: '-1' }],
    ['create cluster --config -', { config: '-' }],
    ['create cluster --name a --name b', { name: 'b' }],
    ['create cluster --name=', { name: '' }],
    ['create cluster --name a=b', { name: 'a=b' }],
    ['create cluster --retain', { retain: true }],
    ['create cluster --no-prepared', { noPrepared: true }],
    ['create cluster --no-prepared=false', {}],
    ['create cluster --retain=true', { retain: true }],
    ['create cluster --retain --retain=false', {}],
    ['create cluster --if-not-exists --plan', { ifNotExists: true, plan: true }],
    ['delete clusters -A', { all: true }],
    ['get clusters -ojson -qv1', { output: 'json', quiet: true, verbosity: '1' }],
    ['exec -it node -- ls', { interactive: true, tty: true }],
  ]
  for (const [line, values] of cases) it(`kina ${line}`, () => expect(parsed(line).values).toEqual(values))

  it('leaves everything behind -- alone', () => {
    expect(parsed('exec node -- ls -l --name=x -- y')).toMatchObject({
      words: ['node'],
      rest: ['ls', '-l', '--name=x', '--', 'y'],
      values: {},
    })
  })

  it('keeps the parts of a list of words that look like numbers', () => {
    expect(parsed('delete clusters 007 1.30').words).toEqual(['007', '1.30'])
  })
})

describe('parseCommandLine() refuses what it does not know', () => {
  const cases: readonly (readonly [string, RegExp, RegExp])[] = [
    ['', /unknown command ""/, /lists the commands/],
    ['frobnicate', /unknown command "frobnicate"/, /"kina help" lists/],
    ['creat cluster', /unknown command "creat"/, /"kina create cluster"/],
    ['stauts', /unknown command "stauts"/, /"kina status"/],
    ['export', /Subcommand is required/, /kina help export/],
    ['export everything', /unknown command "export everything"/, /kina help export/],
    ['config shema', /unknown command "config shema"/, /"kina config schema"/],
    ['get clusters --all', /unknown option "--all" for "kina get clusters"/, /help|Did you mean/],
    ['get clusters -o', /option "-o" needs a value/, /help get clusters/],
    ['get clusters --output', /option "--output" needs a value/, /help get clusters/],
    ['get clusters -o xml', /"xml", expected table, json, yaml, name/, /Choose/],
    ['get clusters x', /does not take the word "x"/, /help get clusters/],
    ['exec node ls -- x', /does not take the word "ls"/, /behind --/],
    ['exec node --', /needs -- COMMAND/, /help exec/],
    ['delete clusters --all=perhaps', /takes no value but true or false/, /Leave/],
  ]
  for (const [line, message, hint] of cases) {
    it(`kina ${line}`, () => {
      let error: unknown
      try {
        parsed(line)
      } catch (thrown) {
        error = thrown
      }
      expect(error instanceof KinaError && error.code).toBe('usage')
      expect((error as KinaError).message).toMatch(message)
      expect((error as KinaError).hint).toMatch(hint)
    })
  }
})

describe('the table of commands', () => {
  it('gives no name twice, and no short option two meanings in one command', () => {
    const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases].map((words) => words.join(' ')))
    expect(new Set(names).size).toBe(names.length)
    for (const { options } of commands) {
      const shorts = Object.values(options).flatMap(({ short }) => (short === undefined ? [] : [short]))
      expect(shorts.filter((short) => ['v', 'q', 'h'].includes(short))).toEqual([])
      expect(new Set(shorts).size).toBe(shorts.length)
    }
  })

  it('takes a value in every command or in none', () => {
    const odd = defineCommand({
      name: ['odd'],
      summary: '',
      positionals: [],
      options: { config: { help: '' } },
      examples: [],
      run: () => Promise.resolve(0),
    })
    expect(parsed('odd --config', [odd]).values).toEqual({ config: true })
  })
})

describe('readGlobals()', () => {
  it('reads what holds for every command, whatever else is wrong', () => {
    expect(readGlobals(['--nonsense', '-q', '--log-format', 'json'])).toEqual({
      verbosity: 0,
      quiet: true,
      logFormat: 'json',
      help: false,
    })
    expect(readGlobals(['x', '-v', '2', '--help', '--log-format=plain'])).toEqual({
      verbosity: 2,
      quiet: false,
      logFormat: 'plain',
      help: true,
    })
    expect(readGlobals(['-v3', '--', '-q'])).toEqual({ verbosity: 3, quiet: false, logFormat: 'auto', help: false })
    expect(readGlobals(['--verbosity=1']).verbosity).toBe(1)
    expect(readGlobals(['-v', 'x']).verbosity).toBe(0)
  })
})
