import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

describe('kina and kind on one Mac', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await makeLab()
  })
  afterAll(() => lab.remove())

  it('a cluster that one name made goes with all its entries under the other', async () => {
    expect((await lab.kina(['create', 'cluster', 'one'])).exitCode).toBe(0)
    expect((await lab.kina(['create', 'cluster', '--name', 'two'], { calledAs: 'kind' })).exitCode).toBe(0)
    expect((await lab.kina(['delete', 'cluster', '--name', 'one'], { calledAs: 'kind' })).exitCode).toBe(0)
    expect(await readFile(lab.kubeconfig, 'utf8')).not.toContain('name: kina-one')
    expect((await lab.kina(['delete', 'cluster', 'two'])).exitCode).toBe(0)
    expect(await readFile(lab.kubeconfig, 'utf8').catch(() => '')).not.toContain('name: kind-two')
  })

  it("an entry of the real kind's stays", async () => {
    const ofKind = [
      'apiVersion: v1',
      'clusters:',
      '- cluster: {server: https://127.0.0.1:1}',
      '  name: kind-dev',
      'contexts:',
      '- context: {cluster: kind-dev, user: kind-dev}',
      '  name: kind-dev',
      'current-context: kind-dev',
      'kind: Config',
      'users:',
      '- name: kind-dev',
      '  user: {token: abc}',
      '',
    ].join('\n')
    const file = `${lab.home}/of-kind`
    await writeFile(file, ofKind)
    const env = { KUBECONFIG: file }
    expect((await lab.kina(['create', 'cluster', 'dev'], { env })).exitCode).toBe(0)
    expect((await lab.kina(['delete', 'cluster', 'dev'], { env })).exitCode).toBe(0)
    expect(await readFile(file, 'utf8')).toBe(ofKind)
  })
})
