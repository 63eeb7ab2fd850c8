import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

describe('kina on the command line', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await makeLab()
  })
  afterAll(async () => {
    await lab.remove()
  })

  const refusals: readonly { readonly words: readonly string[]; readonly says: RegExp }[] = [
    { words: ['creat', 'cluster'], says: /unknown command "creat"[\s\S]*Did you mean "kina create cluster"\?/ },
    { words: ['get', 'cluster'], says: /unknown command "get cluster"[\s\S]*Did you mean "kina get clusters"\?/ },
    { words: ['get'], says: /Subcommand is required/ },
    { words: ['create', 'cluster', '--nam', 'x'], says: /unknown option "--nam"[\s\S]*Did you mean "--name"\?/ },
    { words: ['create', 'cluster', '-x'], says: /unknown option "-x"/ },
    { words: ['create', 'cluster', 'a', 'b'], says: /does not take the word "b"/ },
    { words: ['create', 'cluster', 'a', '--name', 'b'], says: /"a" and --name "b"/ },
    { words: ['create', 'cluster', '--wait'], says: /option "--wait" needs a value/ },
    { words: ['create', 'cluster', '--wait', 'soon'], says: /invalid duration "soon"/ },
    { words: ['create', 'cluster', '--retain=maybe'], says: /takes no value/ },
    { words: ['create', 'cluster', 'Big'], says: /'Big' is not a valid cluster name, cluster names must match/ },
    { words: ['create', 'cluster', '--kubernetes-version', '1.3'], says: /no pinned node image for "1\.3"/ },
    { words: ['create', 'cluster', '--image', 'x', '--kubernetes-version', '1.35'], says: /give one of the two/ },
    { words: ['create', 'cluster', '--workers=-1'], says: /"-1" is not an integer/ },
    { words: ['create', 'cluster', '--control-planes', '3'], says: /3 control planes are asked for/ },
    { words: ['create', 'cluster', '--memory', '100m'], says: /too little for a node/ },
    { words: ['create', 'cluster', '--cpus', 'many'], says: /"many" is not an integer/ },
    { words: ['create', 'cluster', '--config', 'nowhere.yaml'], says: /Cannot read the cluster file "nowhere\.yaml"/ },
    {
      words: ['get', 'clusters', '-o', 'tabel'],
      says: /"tabel", expected table, json, yaml, name[\s\S]*Did you mean "table"\?/,
    },
    { words: ['delete', 'clusters'], says: /no cluster names provided/ },
    { words: ['delete', 'clusters', 'a', '--all'], says: /names together with --all/ },
    { words: ['delete', 'cluster', '../../x'], says: /is not a valid cluster name/ },
    { words: ['exec', 'node'], says: /needs -- COMMAND/ },
    { words: ['exec', '--', 'ls'], says: /needs NODE/ },
    { words: ['status', '--', 'x'], says: /takes nothing behind --/ },
    { words: ['help', 'frobnicate'], says: /There is no command "frobnicate"[\s\S]*"kina help" lists/ },
    { words: ['help', 'creat'], says: /There is no command "creat"[\s\S]*kina help create/ },
  ]
  for (const { words, says } of refusals) {
    it(`refuses "kina ${words.join(' ')}" with exit code 2 and starts nothing`, async () => {
      await lab.forgetCalls()
      const { exitCode, stdout, stderr } = await lab.kina(words)
      expect(stderr).toMatch(says)
      expect(stderr).toMatch(/What to do: /)
      expect(exitCode).toBe(2)
      expect(stdout).toBe('')
      expect(await lab.calls()).toEqual([])
    })
  }

  it('keeps texts that look like numbers', async () => {
    const { stdout } = await lab.kina([
      'create',
      'cluster',
      '--name',
      '007',
      '--image',
      'example.com/node:1.30',
      '--plan',
      '-o',
      'json',
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      spec: { name: '007', nodes: [{ name: '007-control-plane', image: 'example.com/node:1.30' }] },
    })
  })

  it('prints spec and plan with --plan, and starts nothing', async () => {
    await lab.forgetCalls()
    const { stdout, exitCode } = await lab.kina(['create', '--workers', '2', '--plan'], {
      env: { HTTPS_PROXY: 'http://me:hidden-word@proxy:8080' },
    })
    expect(stdout).toContain('id: boot-node kina-worker2')
    expect(stdout).toContain('- HTTPS_PROXY')
    expect(stdout).not.toContain('hidden-word')
    expect(exitCode).toBe(0)
    expect(await lab.calls()).toEqual([])
  })

  it('lists all problems of a cluster file with line and column', async () => {
    const file = `${lab.home}/bad.yaml`
    await writeFile(
      file,
      [
        'kind: Cluster',
        'apiVersion: kind.x-k8s.io/v1alpha4',
        'nodez: []',
        'nodes:',
        '- role: control-plane',
        '  extraPortMappings:',
        '  - containerPort: 80',
        '    protocol: SCTP',
        'networking:',
        '  apiServerPort: lots',
        '---',
        '{ this is not looked at',
        '',
      ].join('\n'),
    )
    const { exitCode, stderr } = await lab.kina(['create', 'cluster', '--config', 'bad.yaml'])
    expect(stderr).toContain('bad.yaml:3:1: unknown field "nodez", did you mean "nodes"?')
    expect(stderr).toContain('bad.yaml:10:18: "networking.apiServerPort" is "lots", expected an integer')
    expect(exitCode).toBe(2)
  })

  it('reads a cluster file from stdin', async () => {
    const input = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: from-stdin\n'
    const { stdout } = await lab.kina(['create', 'cluster', '--config', '-', '--plan'], { input })
    expect(stdout).toContain('name: from-stdin')
  })

  it('answers version, help and schema on stdout', async () => {
    expect((await lab.kina(['version', '-o', 'json'])).stdout).toContain('"commit"')
    expect((await lab.kina(['version', '--quiet'])).stdout).toMatch(/^kina v\d+\.\d+\.\d+\S* commit /)
    expect((await lab.kina(['version', '-o', 'name'])).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/)
    expect((await lab.kina(['help', 'create', 'cluster'])).stdout).toContain(
      'Usage: kina create cluster [NAME] [options]',
    )
    expect((await lab.kina(['-v', '1', 'create', 'cluster', '--help'])).stdout).toContain('Usage: kina create cluster')
    const schema = JSON.parse((await lab.kina(['config', 'schema'])).stdout) as { properties: object }
    expect(Object.keys(schema.properties)).toContain('networking')
  })

  it('writes nothing to stderr with --quiet, and one event a line with --log-format json', async () => {
    const quiet = await lab.kina(['get', 'kubeconfig', 'nobody', '--quiet'])
    expect(quiet).toEqual({ exitCode: 4, stdout: '', stderr: '' })
    const json = await lab.kina(['get', 'kubeconfig', 'nobody', '--log-format=json'])
    const events = json.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; code?: string })
    expect(events.find(({ kind }) => kind === 'error')?.code).toBe('cluster-missing')
    const verbose = await lab.kina(['get', 'clusters', '-v1'])
    expect(verbose.stderr).toMatch(/\$ .*container list --all --format json {2}# exit 0/)
    const pretty = await lab.kina(['get', 'kubeconfig', 'nobody', '--log-format', 'pretty'])
    expect(pretty.stderr).toMatch(/✖ could not locate/)
  })
})
