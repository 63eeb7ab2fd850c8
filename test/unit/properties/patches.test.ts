import { createPatch } from 'rfc6902'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { KinaError } from '../../../src/errors.ts'
import { patchContainerdConfig } from '../../../src/kubernetes/containerd-config.ts'
import { applyKubeadmPatches, applyOperations, mergeInto, parseJsonPatch } from '../../../src/kubernetes/patches.ts'
import { fc, runs } from '../../support/properties.ts'

type Value = Parameters<typeof mergeInto>[1]

const key = fc.stringMatching(/^[a-z]{1,3}$/)
const { value } = fc.letrec<{ value: Value; object: { [key: string]: Value } }>((tie) => ({
  object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string({ maxLength: 8 })),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
}))
const object = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true })
const copyOf = <T>(its: T): T => structuredClone(its)

describe('a merge patch (RFC 7386)', () => {
  it('changes neither the target nor itself, and nothing more when it is applied again', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const before = copyOf({ target, patch })
        const once = mergeInto(target, patch)
        expect({ target, patch }).toEqual(before)
        expect(mergeInto(once, patch)).toEqual(once)
      }),
    )
  })
  it('that is empty changes nothing; a key it has is what it says, a key that is null is gone', () => {
    fc.assert(
      fc.property(object, key, (target, name) => {
        expect(mergeInto(target, {})).toEqual(target)
        expect(mergeInto(target, { [name]: 'x' })).toEqual({ ...target, [name]: 'x' })
        expect(Object.hasOwn(mergeInto(target, { [name]: null }) as object, name)).toBe(false)
      }),
    )
  })
  it("of the user's own keys is in the configuration of kubeadm afterwards", () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const kind = { kind: 'ClusterConfiguration' }
        const own = { ...target, metadata: 1, ...kind }
        const patched = applyKubeadmPatches(stringify(own), [
          { merge: [stringify({ ...patch, metadata: 1, ...kind })], json6902: [] },
        ])
        const [document] = parseAllDocuments(patched)
        expect(document && 'toJS' in document ? document.toJS() : undefined).toEqual(
          mergeInto(own, { ...patch, metadata: 1, ...kind }),
        )
      }),
    )
  })
})

describe('a JSON patch (RFC 6902)', () => {
  it('that leads from one document to another does', () => {
    fc.assert(
      fc.property(object, object, (from, to) => {
        const text = JSON.stringify(createPatch(from, to))
        const target = copyOf(from)
        applyOperations(target, parseJsonPatch(text), text)
        expect(target).toEqual(to)
      }),
    )
  })
  it('is applied or refused with a KinaError, whatever it is', () => {
    const pointer = fc.oneof(
      fc
        .array(fc.oneof(key, fc.constantFrom('-', '0', '99', '-1', '__proto__', 'constructor', '~', '~2')), {
          maxLength: 3,
        })
        .map((parts) => parts.map((part) => `/${part}`).join('')),
      fc.string({ maxLength: 5 }),
    )
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'no'),
        path: pointer,
        from: pointer,
        value,
      },
      { requiredKeys: ['op'] },
    )
    fc.assert(
      fc.property(object, fc.array(operation, { maxLength: 4 }), (target, operations) => {
        const text = stringify(operations)
        try {
          applyOperations(copyOf(target), parseJsonPatch(text), text)
        } catch (error) {
          if (!(error instanceof KinaError)) throw error
        }
        expect(({} as { a?: unknown }).a).toBe(undefined)
      }),
      runs(500),
    )
  })
})

describe('a patch of containerd', () => {
  it('keeps what values are: numbers, texts, dates', () => {
    const config = 'version = 2\na = 1.5\nb = "x"\n'
    const merged = patchContainerdConfig(
      config,
      ['c = 1979-05-27T07:32:00Z\nd = 9007199254740993\n[e]\nf = false\n'],
      [],
    )
    expect(merged).toContain('c = 1979-05-27T07:32:00.000Z')
    expect(merged).toContain('d = 9007199254740993')
    expect(patchContainerdConfig(merged, [], [])).toBe(merged)
  })
  it('is applied or refused with a KinaError, whatever it is', () => {
    const line = fc.constantFrom(
      'a = 1',
      '[a]',
      '[a.b]',
      '[[a]]',
      'b = "x"',
      '"a b" = []',
      'a.b = {}',
      'x',
      '= 1',
      'a = """',
      '__proto__ = 1',
      'd = 1979-05-27',
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.string({ maxLength: 20 }), (lines, more) => {
        for (const text of [lines.join('\n'), more]) {
          try {
            patchContainerdConfig('version = 2\n[a.c]\nd = 1\n', [text], [])
          } catch (error) {
            if (!(error instanceof KinaError)) throw error
          }
        }
      }),
    )
  })
})

describe('aliases in patches', () => {
  for (const [what, text] of [
    ['that stand in themselves', 'kind: A\na: &a {b: *a}\n'],
    ['of nothing', 'kind: A\na: *b\n'],
    [
      'that multiply',
      `kind: A\na0: &a0 [x, x]\n${[1, 2, 3, 4, 5, 6, 7, 8].map((level) => `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}]\n`).join('')}`,
    ],
  ] as const) {
    it(`${what} are refused`, () => {
      expect(() => applyKubeadmPatches('kind: A\n', [{ merge: [text], json6902: [] }])).toThrow(KinaError)
    })
  }
  it('that stand for something are followed', () => {
    const merged = applyKubeadmPatches('kind: A\n', [{ merge: ['kind: A\na: &a {b: 1}\nc: *a\n'], json6902: [] }])
    expect(parse(merged)).toEqual({ kind: 'A', a: { b: 1 }, c: { b: 1 } })
  })
})
