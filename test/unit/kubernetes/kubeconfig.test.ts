import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import {
  hasContext,
  madeContexts,
  mergeKubeconfig,
  readAdminConf,
  removeKubeconfig,
  rewriteAdminConf,
} from '../../../src/kubernetes/kubeconfig.ts'
import { KinaError } from '../../../src/errors.ts'
import { fc, runs } from '../../support/properties.ts'

const pem = (what: string): string => `-----BEGIN ${what}-----\nAA\n-----END ${what}-----\n`
const adminConf = stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: 'dev',
      cluster: { 'certificate-authority-data': btoa(pem('CA')), 'server': 'https://dev-control-plane:6443' },
    },
  ],
  contexts: [{ name: 'kubernetes-admin@dev', context: { cluster: 'dev', user: 'kubernetes-admin' } }],
  users: [
    {
      name: 'kubernetes-admin',
      user: { 'client-certificate-data': btoa(pem('CERT')), 'client-key-data': btoa(pem('KEY')) },
    },
  ],
})
const addition = rewriteAdminConf(adminConf, 'kina-dev', 'https://127.0.0.1:6445')

interface Config {
  readonly 'current-context'?: string
  readonly 'clusters': readonly { name: string }[] | null
  readonly 'contexts': readonly { name: string }[] | null
  readonly 'users': readonly { name: string }[] | null
}

describe('rewriteAdminConf()', () => {
  it('gives cluster, context and user one name, and the address that the reader can use', () => {
    expect(parse(addition)).toMatchObject({
      'clusters': [{ name: 'kina-dev', cluster: { server: 'https://127.0.0.1:6445' } }],
      'contexts': [{ name: 'kina-dev', context: { cluster: 'kina-dev', user: 'kina-dev' } }],
      'users': [{ name: 'kina-dev' }],
      'current-context': 'kina-dev',
    })
  })
  it('keeps what else kubeadm wrote, adds nothing, and orders keys as kind does', () => {
    const keys = (text: string): readonly string[] => Object.keys(parse(text) as object)
    const always = ['apiVersion', 'clusters', 'contexts', 'current-context', 'kind', 'users']
    expect(keys(addition)).toEqual(always)
    const older = rewriteAdminConf(`${adminConf}preferences: {}\n`, 'a', 'b')
    expect(keys(older)).toEqual([...always, 'preferences'].toSorted())
  })
  it('and readAdminConf() its certificates as PEM', () => {
    expect(readAdminConf(adminConf)).toEqual({ ca: pem('CA'), cert: pem('CERT'), key: pem('KEY') })
  })
  it('refuses what is no kubeconfig', () => {
    for (const text of ['', 'clusters: []\nusers: []\n', 'clusters: [{name: a}]\n'])
      expect(() => rewriteAdminConf(text, 'a', 'b')).toThrow(/no cluster or no user/)
  })
})

/** Files as people and tools write them. */
const files: Readonly<Record<string, string>> = {
  'block style':
    'apiVersion: v1\nkind: Config\ncurrent-context: home\nclusters:\n- name: home\n  cluster:\n    server: https://home\ncontexts:\n- name: home\n  context:\n    cluster: home\n    user: me\nusers:\n- name: me\n  user: {}\n',
  'indented lists':
    'apiVersion: v1\nkind: Config\nclusters:\n  - name: home\n    cluster: {server: x}\ncontexts:\n  - name: home\n    context: {cluster: home, user: me}\nusers:\n  - name: me\n    user: {token: t}\ncurrent-context: "home"\n',
  'comments everywhere':
    '# mine\napiVersion: v1 # one\nkind: Config\n# clusters of mine\nclusters: # here\n# first\n- name: home # at home\n  cluster: {server: x}\n# end of clusters\ncontexts: []\nusers: []\n# the end\n',
  'flow style':
    '{apiVersion: v1, kind: Config, clusters: [{name: home, cluster: {server: x}}], contexts: [], users: []}\n',
  'JSON': '{\n  "apiVersion": "v1",\n  "kind": "Config",\n  "clusters": [],\n  "contexts": null,\n  "users": []\n}\n',
  'empty lists': 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n',
  'null lists': 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: ~\nusers:\npreferences: {}\n',
  'missing lists': 'apiVersion: v1\nkind: Config\n',
  'an empty current context':
    'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: ""\n',
  'no value for the current context':
    'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context:\n',
  'comments alone': '# mine\n\n# and this\n',
  'a comment without a newline': '# mine',
  'a document marker alone': '---\n',
  'no newline at the end': 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []',
  'no newline behind a block list':
    'apiVersion: v1\nkind: Config\ncontexts: []\nusers: []\nclusters:\n- name: a\n  cluster: {server: x}',
  'windows lines':
    'apiVersion: v1\r\nkind: Config\r\nclusters:\r\n- name: a\r\n  cluster: {server: x}\r\ncontexts: []\r\nusers: []\r\n',
  'unknown fields':
    'apiVersion: v1\nkind: Config\nextensions: [{name: x, extension: {deep: {er: 1}}}]\nclusters: []\ncontexts: []\nusers:\n- name: me\n  user:\n    exec: {command: x, args: [a, b], env: null, interactiveMode: Never}\n',
  'a document marker': '---\napiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n',
  'text in blocks':
    'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers:\n- name: me\n  user:\n    token: |\n      abc\n      def\n',
}

const other = rewriteAdminConf(adminConf, 'kina-two', 'https://127.0.0.1:6446')

describe('mergeKubeconfig() and removeKubeconfig()', () => {
  for (const [name, before] of Object.entries(files)) {
    it(`with ${name}: enters, and leaves no trace`, () => {
      const during = mergeKubeconfig(before, addition)
      const config = parse(during) as Config
      expect(config['current-context']).toBe('kina-dev')
      for (const list of ['clusters', 'contexts', 'users'] as const) {
        const former = ((parse(before) as Config | null)?.[list] ?? []).map((entry) => entry.name)
        expect(config[list]?.map((entry) => entry.name)).toEqual([...former, 'kina-dev'])
      }
      expect(hasContext(during, 'kina-dev')).toBe(true)
      expect(removeKubeconfig(during, 'kina-dev', 'restore')).toBe(before)
    })

    it(`with ${name}: two clusters, taken out in either order`, () => {
      const both = mergeKubeconfig(mergeKubeconfig(before, addition), other)
      const last = removeKubeconfig(both, 'kina-two', 'restore') ?? ''
      expect(removeKubeconfig(last, 'kina-dev', 'restore')).toBe(before)
      const first = removeKubeconfig(both, 'kina-dev', 'restore') ?? ''
      expect((parse(first) as Config)['current-context']).toBe('kina-two')
      expect(removeKubeconfig(first, 'kina-two', 'restore')).toBe(before)
    })
  }

  it('a file that kina made is gone afterwards; one that was empty is empty', () => {
    expect(removeKubeconfig(mergeKubeconfig(undefined, addition), 'kina-dev', 'restore')).toBe(undefined)
    expect(mergeKubeconfig('', addition)).toContain('name: kina-dev')
    expect(removeKubeconfig(mergeKubeconfig('', addition), 'kina-dev', 'restore')).not.toBe(undefined)
  })

  it('entering again replaces a stale entry and keeps the way back', () => {
    const before = files['block style'] ?? ''
    const stale = mergeKubeconfig(before, rewriteAdminConf(adminConf, 'kina-dev', 'https://127.0.0.1:1'))
    const fresh = mergeKubeconfig(stale, addition)
    expect(fresh).not.toContain('127.0.0.1:1\n')
    expect(removeKubeconfig(fresh, 'kina-dev', 'restore')).toBe(before)
    expect(
      removeKubeconfig(mergeKubeconfig(mergeKubeconfig(undefined, addition), addition), 'kina-dev', 'restore'),
    ).toBe(undefined)
  })

  it("leaves another current context alone, and unsets it under kind's name", () => {
    const during = mergeKubeconfig(files['block style'], addition)
    const switched = during.replace('current-context: kina-dev', 'current-context: home')
    expect(parse(removeKubeconfig(switched, 'kina-dev', 'restore') ?? '')).toMatchObject({ 'current-context': 'home' })
    const unset = parse(removeKubeconfig(during, 'kina-dev', 'unset') ?? '') as Config
    expect(unset['current-context'] ?? '').toBe('')
  })

  it('refuses to edit what is no kubeconfig', () => {
    for (const text of ['just a text\n', '- a\n', 'clusters: text\n', 'clusters: [\n'])
      expect(() => mergeKubeconfig(text, addition)).toThrow()
    expect(hasContext('contexts: []\n', 'x')).toBe(false)
  })

  it('bears entries of others in whatever form', () => {
    const odd =
      'kind: Config\nclusters: []\nusers: []\ncontexts:\n- null\n- text\n- {name: a}\n- {name: b, context: {extensions: text}}\n- {name: c, context: {extensions: [null, {}]}}\n'
    for (const before of [odd, 'contexts: {a: 1}\n', 'contexts: text\n', 'contexts: null\n', 'kind: Config\n']) {
      expect(madeContexts(before)).toEqual([])
      expect(removeKubeconfig(before, 'kina-dev', 'restore')).toBe(before)
    }
    const both = mergeKubeconfig(mergeKubeconfig(odd, addition), other)
    expect(madeContexts(both)).toEqual(['kina-dev', 'kina-two'])
    const first = removeKubeconfig(both, 'kina-dev', 'restore') ?? ''
    expect(removeKubeconfig(first, 'kina-two', 'restore')).toBe(odd)
  })

  it('leaves any file as it was, byte for byte', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/)
    const entry = (kind: 'cluster' | 'context' | 'user'): fc.Arbitrary<object> =>
      fc
        .record({
          name,
          value: fc.dictionary(name, fc.oneof(fc.string({ maxLength: 12 }), fc.boolean(), fc.integer())),
        })
        .map((made) => ({ name: made.name, [kind]: made.value }))
    const list = (kind: 'cluster' | 'context' | 'user'): fc.Arbitrary<object[] | null> =>
      fc.oneof(fc.constant(null), fc.array(entry(kind), { maxLength: 3 }))
    const config = fc.record(
      {
        'apiVersion': fc.constant('v1'),
        'kind': fc.constant('Config'),
        'clusters': list('cluster'),
        'contexts': list('context'),
        'users': list('user'),
        'current-context': fc.oneof(fc.constant(''), name),
        'preferences': fc.constant({}),
        'x-other': fc.dictionary(name, fc.string({ maxLength: 12 })),
      },
      { requiredKeys: ['apiVersion', 'kind'] },
    )
    const style = fc.constantFrom<(value: object) => string>(
      (value) => stringify(value),
      (value) => stringify(value, { indentSeq: false }),
      (value) => stringify(value, { collectionStyle: 'flow' }),
      (value) => `${JSON.stringify(value)}\n`,
      (value) => JSON.stringify(value, null, 2),
      (value) => `# a comment\n${stringify(value)}# at the end\n`,
    )
    fc.assert(
      fc.property(config, style, (value, print) => {
        const before = print(value)
        const during = mergeKubeconfig(before, addition)
        expect((parse(during) as Config)['current-context']).toBe('kina-dev')
        expect(removeKubeconfig(during, 'kina-dev', 'restore')).toBe(before)
      }),
      runs(100),
    )
  })

  it('also where several clusters came, and went in whatever order', () => {
    const additions = ['kina-a', 'kina-b', 'kina-c'].map((name) => ({
      name,
      text: rewriteAdminConf(adminConf, name, 'https://x:1'),
    }))
    const names = (text: string | undefined): readonly string[] => {
      const { clusters, contexts, users } = (parse(text ?? '') ?? {}) as Partial<Config>
      return [clusters, contexts, users].flatMap((list) => list ?? []).map(({ name }) => name)
    }
    const begin = fc.constantFrom<string | undefined>(
      undefined,
      ...Object.values(files),
      '',
      ' \n\n',
      '# mine\n',
      'apiVersion: v1\nkind: Config\n',
      'kind: Config\ncurrent-context: home\ncontexts: [{name: home, context: {cluster: home, user: me}}]\nclusters: []\nusers: null\n',
      '{"kind": "Config", "contexts": [], "current-context": ""}',
    )
    fc.assert(
      fc.property(
        begin,
        fc.shuffledSubarray(additions),
        fc.shuffledSubarray(additions, { minLength: 3 }),
        (before, coming, going) => {
          let now = before
          for (const { text } of coming) now = mergeKubeconfig(now, text)
          for (const { name } of going.filter((its) => coming.includes(its))) {
            const others = names(now).filter((its) => its !== name)
            now = removeKubeconfig(now ?? '', name, 'restore')
            expect(names(now)).toEqual(others)
          }
          expect(now).toBe(before)
        },
      ),
      runs(60),
    )
  })

  it('or is refused with a KinaError, whatever the text is', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.json(),
      fc
        .array(
          fc.constantFrom('contexts:', ' - name: a', '\n', '{', ']', '&a ', '*a', '<<: ', '"', '---', '!!set ', '? '),
          {
            maxLength: 20,
          },
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (its) => {
        for (const edit of [
          () => mergeKubeconfig(its, addition),
          () => removeKubeconfig(its, 'kina-dev', 'unset'),
          () => hasContext(its, 'kina-dev'),
          () => readAdminConf(its),
        ]) {
          try {
            edit()
          } catch (error) {
            if (!(error instanceof KinaError)) throw error
          }
        }
      }),
      runs(500),
    )
  })
})
