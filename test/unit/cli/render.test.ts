import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/command-table.ts'
import { helpTexts } from '../../../src/cli/generated/help-texts.ts'
import { bytesText } from '../../../src/cli/render/bytes.ts'
import { helpTextsOf } from '../../../src/cli/render/help.ts'
import { renderKubeconfig } from '../../../src/cli/render/kubeconfig.ts'
import { render } from '../../../src/cli/render/output.ts'

const answer = {
  title: 'dev: running',
  columns: ['NAME', 'STATE'],
  rows: [
    ['a-long-name', 'running'],
    ['b', ''],
  ],
  names: ['a-long-name', 'b'],
  data: [{ name: 'a-long-name' }, { name: 'b' }],
}

describe('render()', () => {
  it('a table as kubectl writes it', async () => {
    expect(await render(answer, 'table')).toBe('dev: running\nNAME          STATE\na-long-name   running\nb\n')
  })
  it('names, JSON and YAML', async () => {
    expect(await render(answer, 'name')).toBe('a-long-name\nb\n')
    expect(JSON.parse(await render(answer, 'json'))).toEqual(answer.data)
    expect(await render(answer, 'yaml')).toBe('- name: a-long-name\n- name: b\n')
  })
  it('nothing to show', async () => {
    const nothing = { columns: ['NAME'], rows: [], names: [], data: [] }
    expect(await render(nothing, 'table')).toBe('NAME\n')
    expect(await render(nothing, 'name')).toBe('')
    expect(await render(nothing, 'json')).toBe('[]\n')
  })
})

describe('bytesText()', () => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [412_345_678, '412.3 MB'],
    [7e15, '7000.0 TB'],
  ] as const)
    it(text, () => expect(bytesText(bytes)).toBe(text))
})

describe('renderKubeconfig()', () => {
  const text = 'clusters:\n- cluster: {server: "https://127.0.0.1:1"}\n'
  it('as it is, and what identifies it', async () => {
    expect(await renderKubeconfig(text, 'kina-a', 'yaml')).toBe(text)
    expect(await renderKubeconfig(text, 'kina-a', 'name')).toBe('kina-a\n')
    expect(await renderKubeconfig(text, 'kina-a', 'table')).toContain('kina-a    https://127.0.0.1:1')
    expect(await renderKubeconfig('clusters: []\n', 'kina-a', 'name')).toBe('kina-a\n')
  })
})

describe('the help', () => {
  it('has a text for every command and every group', () => {
    const names = commands.map(({ name }) => name.join(' '))
    const groups = commands.filter(({ name }) => name.length > 1).map(({ name }) => name[0] ?? '')
    expect(Object.keys(helpTexts).toSorted()).toEqual([...new Set(['', ...names, ...groups])].toSorted())
    expect(names).toContain('create cluster')
  })
  it('is the one of the table', () => expect(helpTexts).toEqual(helpTextsOf(commands)))
  it('shows usage with what is needed', () => {
    expect(helpTexts['exec']).toContain('Usage: kina exec NODE [options] -- COMMAND...')
    expect(helpTexts['delete']).toContain('"kina delete" alone means "kina delete cluster".')
    expect(helpTexts['get']).not.toContain('alone means')
  })
})
