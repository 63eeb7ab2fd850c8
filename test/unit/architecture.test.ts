import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  cycles,
  namesTakenFrom,
  readSources,
  runtimeGlobals,
  wrongArrows,
  type Layers,
  type Sources,
} from '../support/imports.ts'

const root = resolve(import.meta.dirname, '../..')
const source = readSources(resolve(root, 'src'))

/** main -> cli -> cluster -> { plan, kubernetes, apple-container, guest, images } -> host */
const layers: Layers = {
  'main.ts': { may: ['cli', 'host', 'errors.ts'] },
  'errors.ts': { may: [] },
  'version.ts': { may: [] },
  'text-modules.d.ts': { may: [] },
  'cli': {
    may: [
      'cluster',
      'doctor',
      'config',
      'plan',
      'kubernetes',
      'apple-container',
      'guest',
      'images',
      'host',
      'errors.ts',
      'version.ts',
    ],
    packages: ['cac', 'consola', 'yaml'],
  },
  // What a user may ask for becomes a ClusterSpec; patches are read up front, so that wrong ones start nothing.
  'config': {
    may: [
      'cluster/spec.ts',
      'cluster/names.ts',
      'cluster/deadlines.ts',
      'images/reference.ts',
      'kubernetes',
      'errors.ts',
    ],
    packages: ['valibot', 'yaml', 'fastest-levenshtein'],
  },
  'cluster': {
    may: ['plan', 'kubernetes', 'apple-container', 'guest', 'images', 'host', 'errors.ts', 'version.ts'],
    packages: ['valibot'],
  },
  // Looks at all that a create would use, and changes nothing.
  'doctor': { may: ['cluster', 'config', 'kubernetes', 'apple-container', 'guest', 'host', 'errors.ts'] },
  'plan': { may: ['errors.ts'] },
  'kubernetes': { may: ['errors.ts'], packages: ['yaml', 'smol-toml', 'rfc6902'] },
  'apple-container': { may: ['host', 'errors.ts'], packages: ['valibot'] },
  'guest': { may: ['host', 'errors.ts'] },
  'images': { may: ['host', 'errors.ts'], packages: ['valibot'] },
  'host': { may: ['errors.ts'], packages: ['zx'] },
}

describe('the source', () => {
  it('imports one way only', () => {
    expect(wrongArrows(source, layers)).toEqual([])
  })

  it('imports nothing in a circle', () => {
    expect(cycles(source)).toEqual([])
  })

  it('uses no global that only Bun or only Deno has', () => {
    expect(runtimeGlobals(source)).toEqual([])
  })
})

describe('the tests', () => {
  it('take from vitest only names that @std/testing/bdd and @std/expect have too', () => {
    const shared = ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it']
    const tests = new Map(
      ['unit', 'contract', 'support'].flatMap((folder) => [...readSources(resolve(root, 'test', folder))]),
    )
    const taken = namesTakenFrom('vitest', tests)
    expect(taken.length).toBeGreaterThan(0)
    expect(taken.filter((name) => !shared.includes(name.split(': ')[1] ?? ''))).toEqual([])
  })
})

/** The walkers are shown what they are to find. */
describe('the walk of the imports', () => {
  const files = (entries: Readonly<Record<string, string>>): Sources => new Map(Object.entries(entries))
  const two: Layers = {
    cli: { may: ['host', 'cluster/spec.ts'], packages: ['cac'] },
    cluster: { may: ['host'] },
    host: { may: [] },
  }

  const arrows: readonly { readonly title: string; readonly text: string; readonly isWrong: boolean }[] = [
    { title: 'an allowed folder', text: "import { a } from '../host/a.ts'", isWrong: false },
    { title: 'an allowed file', text: "import type { Spec } from '../cluster/spec.ts'", isWrong: false },
    { title: 'another file beside the allowed one', text: "import { b } from '../cluster/b.ts'", isWrong: true },
    { title: 'an import over several lines', text: "import {\n  b,\n  c,\n} from '../cluster/b.ts'", isWrong: true },
    { title: 'a type', text: "import type { B } from '../cluster/b.ts'", isWrong: true },
    { title: 'a dynamic import', text: "const { b } = await import('../cluster/b.ts')", isWrong: true },
    { title: 'an export from elsewhere', text: "export { b } from '../cluster/b.ts'", isWrong: true },
    { title: 'an import for its effects', text: "import '../cluster/b.ts'", isWrong: true },
    { title: 'an allowed package', text: "import { cac } from 'cac'", isWrong: false },
    { title: 'part of a package of others', text: "import { $ } from 'zx/core'", isWrong: true },
    { title: 'a module of node', text: "import { join } from 'node:path'", isWrong: false },
    { title: 'a module of node without its prefix', text: "import { join } from 'path'", isWrong: true },
    { title: 'a file that does not exist', text: "import { x } from './x.ts'", isWrong: true },
    { title: 'an import without the ending', text: "import { a } from '../host/a'", isWrong: true },
  ]
  for (const { title, text, isWrong } of arrows) {
    it(`${isWrong ? 'finds' : 'allows'} ${title}`, () => {
      const sources = files({ 'cli/a.ts': text, 'cluster/b.ts': '', 'cluster/spec.ts': '', 'host/a.ts': '' })
      expect(wrongArrows(sources, two).length).toBe(isWrong ? 1 : 0)
    })
  }

  it('finds a folder that the table does not know', () => {
    const sources = files({ 'helpers/a.ts': "import '../host/a.ts'", 'host/a.ts': '' })
    expect(wrongArrows(sources, two)).toEqual(['helpers/a.ts -> host/a.ts'])
  })

  it('finds circles between files and between folders', () => {
    const within = files({
      'host/a.ts': "import './b.ts'",
      'host/b.ts': "import './c.ts'",
      'host/c.ts': "import './a.ts'",
    })
    expect(cycles(within)).toEqual(['host/a.ts -> host/b.ts -> host/c.ts -> host/a.ts'])
    const between = files({
      'cli/a.ts': "import '../host/a.ts'",
      'host/a.ts': '',
      'host/b.ts': "import '../cli/b.ts'",
      'cli/b.ts': '',
    })
    expect(cycles(between)).toEqual(['cli -> host -> cli'])
  })

  it('finds a global of one runtime, and none in comments and texts', () => {
    const found = runtimeGlobals(
      files({
        'a.ts': "await Bun.file('x')",
        'b.ts': 'globalThis.Deno?.exit()',
        'c.ts': "// Bun.file\nconst x = 'Bun.file'",
      }),
    )
    expect(found.map((line) => line.split(':')[0])).toEqual(['a.ts', 'b.ts'])
  })

  it('finds every name that is taken from a module', () => {
    const sources = files({
      'a.ts': "import { it, vi as fake, type Mock } from 'vitest'",
      'b.ts': "import * as all from 'vitest'",
    })
    expect(namesTakenFrom('vitest', sources)).toEqual(['a.ts: it', 'a.ts: vi', 'a.ts: Mock', 'b.ts: *'])
  })
})
