import { describe, expect, it } from 'vitest'
import { kubeconfigFacts, sortedLines, withoutChance, type Answer } from '../support/as-kind/answer.ts'
import { compare } from '../support/as-kind/compare.ts'
import { judge, listedDifferences } from '../support/as-kind/listed.ts'
import { nameOf, transcript } from '../support/as-kind/transcript.ts'

/** The judges of test/e2e/as-kind.test.ts are shown what they are to find. */

const answer = (its: Partial<Answer>): Answer => ({
  step: 'kind get nodes',
  exitCode: 0,
  stdout: '',
  kubeconfigs: {},
  files: [],
  ...its,
})
const aspects = (kind: Partial<Answer>, kina: Partial<Answer>): readonly string[] =>
  compare([answer(kind)], [answer(kina)]).map(({ aspect }) => aspect)

const kubeconfig = `apiVersion: v1
clusters:
- cluster: {server: https://127.0.0.1:34567, certificate-authority-data: QUJD}
  name: kind-kind
contexts:
- context:
    cluster: kind-kind
    extensions:
    - extension: {madeFile: true}
      name: kina.dev/undo
  name: kind-kind
current-context: ""
users: []
`

describe('a transcript without what changes from run to run', () => {
  it('has no ports of this machine and no keys', () => {
    expect(withoutChance('server: https://127.0.0.1:34567\nclient-key-data: QUJD\n')).toBe(
      'server: https://127.0.0.1:PORT\nclient-key-data: DATA\n',
    )
    expect(withoutChance('server: https://dev-control-plane:6443')).toBe('server: https://dev-control-plane:6443')
  })

  it('has lists in one order', () => expect(sortedLines('b\na\n')).toBe(sortedLines('a\nb\n')))

  it('has kubeconfigs as kubectl reads them', () => {
    expect(kubeconfigFacts(kubeconfig)).toEqual({
      'apiVersion': 'v1',
      'clusters[kind-kind].cluster.server': 'https://127.0.0.1:PORT',
      'clusters[kind-kind].cluster.certificate-authority-data': 'DATA',
      'clusters[kind-kind].name': 'kind-kind',
      'contexts[kind-kind].context.cluster': 'kind-kind',
      'contexts[kind-kind].context.extensions[kina.dev/undo].extension.madeFile': 'true',
      'contexts[kind-kind].context.extensions[kina.dev/undo].name': 'kina.dev/undo',
      'contexts[kind-kind].name': 'kind-kind',
    })
    expect(kubeconfigFacts('')).toEqual({})
  })

  it('has no step twice in a row, and names them as they are typed', () => {
    const names = transcript().map(nameOf)
    expect(names.filter((name, index) => name === names[index - 1])).toEqual([])
    expect(names).toContain('KIND_CLUSTER_NAME=dev kind get nodes')
    expect(names).toContain('kind create cluster --name dev --image IMAGE --config -')
  })
})

describe('compare()', () => {
  it('finds nothing in equal answers', () => {
    const same = { stdout: 'a\n', kubeconfigs: { config: kubeconfigFacts(kubeconfig) }, files: ['a'] }
    expect(aspects(same, same)).toEqual([])
  })

  it('finds another exit code, stdout and file', () => {
    expect(aspects({ exitCode: 1 }, {})).toEqual(['exit code'])
    expect(aspects({ stdout: 'a\n' }, { stdout: 'a' })).toEqual(['stdout'])
    expect(aspects({ files: ['a', 'b'] }, { files: ['b', 'c'] })).toEqual(['file a', 'file c'])
  })

  it('finds what a kubeconfig has more, less or otherwise', () => {
    const facts = kubeconfigFacts(kubeconfig)
    const changed = { ...facts, 'clusters[kind-kind].cluster.server': 'https://other' }
    expect(aspects({ kubeconfigs: { config: facts } }, { kubeconfigs: { config: changed } })).toEqual([
      'kubeconfig clusters[].cluster.server',
    ])
    expect(aspects({ kubeconfigs: { config: {} } }, { kubeconfigs: { config: { 'users[a].name': 'a' } } })).toEqual([
      'kubeconfig users[].name',
    ])
    expect(aspects({ kubeconfigs: { config: facts } }, { kubeconfigs: { config: undefined } })).toEqual(['kubeconfig'])
  })

  it('refuses transcripts of different steps', () => {
    expect(() => compare([answer({})], [])).toThrow(/1 answers of kind, 0 of kina/)
    expect(() => compare([answer({})], [answer({ step: 'kind version' })])).toThrow(/are no pair/)
  })
})

describe('the table of differences', () => {
  const page = [
    '# Title',
    '',
    '| Command | What differs | Why |',
    '| --- | --- | --- |',
    '| `kind version`, `kind get…` | `stdout` | text with `code` \\| and more |',
    '',
    '| `kind` | `stdout` | of another table |',
  ].join('\n')
  const rows = listedDifferences(page)
  const differs = (step: string, aspect: string): ReturnType<typeof compare>[number] => ({
    step,
    aspect,
    kind: 'a',
    kina: 'b',
  })

  it('is read up to its end', () => {
    expect(rows).toEqual([{ steps: ['kind version', 'kind get…'], aspects: ['stdout'] }])
    expect(() => listedDifferences('# Nothing')).toThrow(/no table/)
  })

  it('covers its steps and aspects, and no others', () => {
    const listed = [differs('kind version', 'stdout'), differs('kind get nodes', 'stdout')]
    const others = [
      differs('kind version -q', 'stdout'),
      differs('kind version', 'exit code'),
      differs('kind', 'stdout'),
    ]
    expect(judge([...listed, ...others], rows)).toEqual({ unlisted: others, stale: [] })
  })

  it('is stale where nothing differs any more', () => {
    expect(judge([differs('kind version', 'stdout')], rows)).toEqual({ unlisted: [], stale: ['kind get…: stdout'] })
  })
})
