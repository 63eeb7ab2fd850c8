import { describe, expect, it } from 'vitest'
import { readClusterFile } from '../../../src/config/read-cluster-file.ts'

const header = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'

function problemsOf(text: string): readonly string[] {
  return readClusterFile(text, 'c.yaml').problems.map(({ at, message }) => `${at}: ${message}`)
}

function fileOf(text: string): unknown {
  const { file, problems } = readClusterFile(header + text, 'c.yaml')
  expect(problems).toEqual([])
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = file ?? { kind: '', apiVersion: '' }
  return rest
}

describe("readClusterFile() reads scalars as kind's loader does", () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['a text that looks like a number', 'name: 007', { name: '007' }],
    ['a text that looks like a version', 'runtimeConfig: {api/all: 1.30}', { runtimeConfig: { 'api/all': '1.30' } }],
    ['a text that looks like a boolean', 'name: yes', { name: 'yes' }],
    ['a quoted text', 'name: "a b"', { name: 'a b' }],
    ['an octal integer', 'networking: {apiServerPort: 010000}', { networking: { apiServerPort: 4096 } }],
    ['a boolean of YAML 1.1', 'networking: {disableDefaultCNI: on}', { networking: { disableDefaultCNI: true } }],
    ['a field without a value', 'name:', {}],
    ['null', 'networking: ~', {}],
    ['a feature gate without a value', 'featureGates: {A: , B: yes}', { featureGates: { A: false, B: true } }],
    ['an empty node', 'nodes:\n- ', { nodes: [{}] }],
    ['a block text', 'kubeadmConfigPatches:\n- |\n  kind: X\n', { kubeadmConfigPatches: ['kind: X\n'] }],
    [
      'anchors, aliases and merge keys',
      'nodes:\n- &w {role: worker, image: a}\n- *w\n- <<: *w\n  image: b\n',
      {
        nodes: [
          { role: 'worker', image: 'a' },
          { role: 'worker', image: 'a' },
          { role: 'worker', image: 'b' },
        ],
      },
    ],
    [
      'two merged objects with the same field: the first has it',
      'featureGates:\n  <<: [{A: true}, {A: false, B: true}]\n',
      { featureGates: { A: true, B: true } },
    ],
    ['a field without a name twice', 'featureGates: {: true, "": false}', { featureGates: { '': false } }],
    ['further documents are not looked at', 'name: a\n---\n}{\n', { name: 'a' }],
  ]
  for (const [what, text, value] of cases) it(what, () => expect(fileOf(text)).toEqual(value))
})

describe('readClusterFile() says what is wrong, with line and column', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['nothing in the file', '', ['c.yaml:1:1: the file is empty']],
    ['only a comment', '# nothing\n', ['c.yaml:1:1: the file is empty']],
    ['a list', '- a\n', ['c.yaml:1:1: the document is a list, expected an object']],
    [
      'another header',
      'kind: Pod\napiVersion: v1\n',
      [
        'c.yaml:1:1: "kind" is "Pod", expected "Cluster"',
        'c.yaml:2:1: "apiVersion" is "v1", expected "kind.x-k8s.io/v1alpha4"',
      ],
    ],
    [
      'no header',
      'name: x\n',
      [
        'c.yaml:1:1: "kind" is missing, expected "Cluster"',
        'c.yaml:1:1: "apiVersion" is missing, expected "kind.x-k8s.io/v1alpha4"',
      ],
    ],
    [
      'an unknown field with a near one',
      `${header}nodez: []\n`,
      ['c.yaml:3:1: unknown field "nodez", did you mean "nodes"?'],
    ],
    [
      'an unknown field far from all',
      `${header}nodes:\n- zzzzzzzz: 1\n`,
      ['c.yaml:4:3: unknown field "nodes[0].zzzzzzzz"'],
    ],
    [
      'fields that differ in case',
      `${header}networking:\n  podsubnet: x\n`,
      ['c.yaml:4:3: unknown field "networking.podsubnet", did you mean "podSubnet"?'],
    ],
    [
      'a quoted integer',
      `${header}networking:\n  apiServerPort: "80"\n`,
      ['c.yaml:4:18: "networking.apiServerPort" is "80", expected an integer'],
    ],
    [
      'an integer beyond 32 bits',
      `${header}networking: {apiServerPort: 4294967296}\n`,
      ['c.yaml:3:29: "networking.apiServerPort" is "4294967296", expected an integer'],
    ],
    ['an object for a text', `${header}name: {a: b}\n`, ['c.yaml:3:7: "name" is an object, expected a text']],
    [
      'a text for a list',
      `${header}nodes: control-plane\n`,
      ['c.yaml:3:8: "nodes" is "control-plane", expected a list'],
    ],
    [
      'a text for a boolean',
      `${header}featureGates: {A: maybe}\n`,
      ['c.yaml:3:19: "featureGates.A" is "maybe", expected true or false'],
    ],
    [
      'a value that is none of several',
      `${header}nodes:\n- extraMounts:\n  - propagation: Sideways\n`,
      [
        'c.yaml:5:5: "nodes[0].extraMounts[0].propagation" is "Sideways", expected "None", "HostToContainer", "Bidirectional"',
      ],
    ],
    [
      'names of fields that are no texts',
      `${header}featureGates: {: true, "": false, [a, b]: false}\n? {a: b}\n: 1\n`,
      [
        'c.yaml:4:3: the document has an object for the name of a field, expected a text',
        'c.yaml:3:35: "featureGates" has a list for the name of a field, expected a text',
      ],
    ],
    [
      'several at once',
      `${header}name: {}\nfoo: 1\nnodes: 3\n`,
      [
        'c.yaml:3:7: "name" is an object, expected a text',
        'c.yaml:4:1: unknown field "foo"',
        'c.yaml:5:8: "nodes" is "3", expected a list',
      ],
    ],
  ]
  for (const [what, text, problems] of cases) it(what, () => expect(problemsOf(text)).toEqual(problems))

  it('broken YAML', () => {
    expect(problemsOf(`${header}nodes: [\n`)[0]).toMatch(/^c\.yaml:\d+:\d+: /)
    expect(problemsOf(`${header}name: a\nname: b\n`)[0]).toMatch(/^c\.yaml:4:1: Map keys must be unique/)
  })

  it('locates a field, or the nearest one above it', () => {
    const { locate } = readClusterFile(`${header}nodes:\n- role: worker\n`, 'c.yaml')
    expect(locate(['nodes', 0, 'role'])).toBe('c.yaml:4:3')
    expect(locate(['nodes', 0, 'image'])).toBe('c.yaml:4:3')
    expect(locate(['networking'])).toBe('c.yaml:1:1')
  })
})
