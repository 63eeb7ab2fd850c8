import { describe, expect, it } from 'vitest'
import { applyKubeadmPatches, mergeInto, parseJsonPatch, parseMergePatch } from '../../../src/kubernetes/patches.ts'
import { failureOf } from '../../support/failure-of.ts'

const cluster = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nclusterName: dev\n'
const kubelet = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 10\n'
const both = `${cluster}---\n${kubelet}`

function merged(...merge: string[]): string {
  return applyKubeadmPatches(both, [{ merge, json6902: [] }])
}

function patched(at: { kind: string; group?: string; version?: string }, patch: string): string {
  return applyKubeadmPatches(both, [{ merge: [], json6902: [{ group: '', version: '', ...at, patch }] }])
}

describe('mergeInto() is RFC 7386', () => {
  // Appendix A of the RFC.
  for (const [target, patch, result] of [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] as const) {
    it(`${JSON.stringify(target)} + ${JSON.stringify(patch)}`, () => {
      expect(mergeInto(structuredClone(target) as never, structuredClone(patch) as never)).toEqual(result)
    })
  }
})

describe('a merge patch', () => {
  it('changes documents of its kind alone', () => {
    expect(merged('kind: KubeletConfiguration\nmaxPods: 20\n')).toBe(both.replace('10', '20'))
  })
  it('with an apiVersion changes documents of this version alone', () => {
    expect(merged('kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta3\nclusterName: x\n')).toBe(both)
    expect(merged('kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta4\nclusterName: x\n')).toContain(
      'clusterName: x',
    )
  })
  it('may hold several documents', () => {
    const text = merged('kind: KubeletConfiguration\nmaxPods: 20\n---\nkind: ClusterConfiguration\nclusterName: x\n')
    expect(text).toContain('maxPods: 20')
    expect(text).toContain('clusterName: x')
  })
  it('comes after those before it', () => {
    expect(merged('kind: KubeletConfiguration\nmaxPods: 20\n', 'kind: KubeletConfiguration\nmaxPods: null\n')).toBe(
      both.replace('maxPods: 10\n', ''),
    )
  })
  it('may name its object, which kubeadm would refuse: the name is left out', () => {
    expect(merged('kind: KubeletConfiguration\nmetadata:\n  name: config\nmaxPods: 20\n')).toBe(
      both.replace('10', '20'),
    )
    expect(merged('kind: KubeletConfiguration\nmetadata:\n  name: config\n  labels: {a: b}\n')).toContain(
      'metadata:\n  labels:\n    a: b\n',
    )
    expect(merged('kind: KubeletConfiguration\nmetadata: odd\n')).toContain('metadata: odd')
  })
  it("of a node comes after those of the cluster's file", () => {
    const set = (maxPods: number): { merge: string[]; json6902: never[] } => ({
      merge: [`kind: KubeletConfiguration\nmaxPods: ${maxPods}\n`],
      json6902: [],
    })
    expect(applyKubeadmPatches(both, [set(20), set(30)])).toBe(both.replace('10', '30'))
  })

  for (const [what, text, message] of [
    ['without a kind', 'maxPods: 20\n', 'it does not say the kind that it patches'],
    ['with an empty kind', 'kind: ""\n', 'it does not say the kind that it patches'],
    ['that is no object', '- 1\n', 'it is not a YAML object'],
    ['that is no YAML', 'kind: [\n', 'Cannot read a kubeadm patch'],
  ] as const) {
    it(`${what} is refused`, async () => {
      const error = await failureOf(() => parseMergePatch(text))
      expect(error.code).toBe('invalid-config')
      expect(error.message).toContain(message)
    })
  }
  it('that is empty is none', () => expect(parseMergePatch('# nothing\n')).toEqual([]))
})

describe('a JSON 6902 patch', () => {
  const to20 = '- {op: replace, path: /maxPods, value: 20}'
  it('is for its kind', () => {
    expect(patched({ kind: 'KubeletConfiguration' }, to20)).toBe(both.replace('10', '20'))
  })
  it('is for its group and version where it names them', () => {
    const kind = 'KubeletConfiguration'
    expect(patched({ kind, group: 'kubelet.config.k8s.io', version: 'v1beta1' }, to20)).toContain('maxPods: 20')
    expect(patched({ kind, group: 'kubeadm.k8s.io' }, to20)).toBe(both)
    expect(patched({ kind, version: 'v1' }, to20)).toBe(both)
  })
  it('may be written as JSON', () => {
    expect(patched({ kind: 'KubeletConfiguration' }, '[{"op": "remove", "path": "/maxPods"}]')).toBe(
      both.replace('maxPods: 10\n', ''),
    )
  })
  it('comes after the merge patches', () => {
    const text = applyKubeadmPatches(both, [
      {
        merge: ['kind: KubeletConfiguration\nmaxPods: 20\n'],
        json6902: [
          {
            group: '',
            version: '',
            kind: 'KubeletConfiguration',
            patch: '- {op: test, path: /maxPods, value: 20}\n- {op: add, path: /podsPerCore, value: 2}',
          },
        ],
      },
    ])
    expect(text).toContain('maxPods: 20\npodsPerCore: 2\n')
  })
  it('that cannot be applied is an error with the patch', async () => {
    const error = await failureOf(() => patched({ kind: 'KubeletConfiguration' }, '- {op: remove, path: /maxPodz}'))
    expect(error.code).toBe('invalid-config')
    expect(error.message).toContain('Cannot apply a JSON 6902 patch')
    expect(error.seen).toEqual(['- {op: remove, path: /maxPodz}'])
  })

  it('knows the six operations', () => {
    const text = [
      '- {op: add, path: /a, value: 1}',
      '- {op: replace, path: /a, value: 2}',
      '- {op: test, path: /a, value: 2}',
      '- {op: copy, from: /a, path: /b}',
      '- {op: move, from: /b, path: /c}',
      '- {op: remove, path: /c}',
    ].join('\n')
    expect(parseJsonPatch(text).map(({ op }) => op)).toEqual(['add', 'replace', 'test', 'copy', 'move', 'remove'])
  })

  for (const [what, text] of [
    ['no YAML', '- {op: add'],
    ['no list', 'op: add'],
    ['a list of something else', '- add'],
    ['an operation that does not exist', '- {op: put, path: /a, value: 1}'],
    ['an operation without a path', '- {op: remove}'],
    ['add without a value', '- {op: add, path: /a}'],
    ['move without from', '- {op: move, path: /a}'],
    ['null in the list', '- null'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const error = await failureOf(() => parseJsonPatch(text))
      expect(error.code).toBe('invalid-config')
      expect(error.message).toContain('Cannot read a JSON 6902 patch')
    })
  }
})
