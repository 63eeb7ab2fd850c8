import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'

/** Every file below a folder, as one text. */
async function textOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  const texts = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
  )
  return texts.join('\n')
}

describe('secrets never leave a create', () => {
  let lab: Lab
  let created: Outcome
  let failed: Outcome
  let secrets: Record<string, string>

  beforeAll(async () => {
    lab = await makeLab()
    const env = { HTTPS_PROXY: 'http://me:Proxy-Pass-Word@proxy.example:3128' }
    created = await lab.kina(['create', 'cluster', '--workers', '1', '--log-format', 'json', '-v', '1'], { env })
    const root = `${lab.root}/lab/guests/kina-control-plane/root`
    const config = await readFile(`${root}/kind/kubeadm.conf`, 'utf8')
    const kubeconfig = await readFile(lab.kubeconfig, 'utf8')
    secrets = {
      'the bootstrap token': /[a-z0-9]{6}\.[a-z0-9]{16}/.exec(config)?.[0] ?? '',
      'the admin key': /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? '',
      'the CA key': (await readFile(`${root}/etc/kubernetes/pki/ca.key`, 'utf8')).split('\n')[1] ?? '',
      'the password of a proxy': 'Proxy-Pass-Word',
    }
    // One more create that fails late, with all secrets about, so that there is evidence to search.
    failed = await lab.kina(['create', 'cluster', 'late', '--log-format', 'json', '-v', '1'], {
      env: {
        ...env,
        KINA_TIMEOUT_SCALE: '0.2',
        LAB_FAULTS: JSON.stringify([
          {
            matches: ['exec', '-i', 'late-control-plane'],
            times: 99,
            do: {
              fail: {
                message: 'token abcdef.0123456789abcdef -----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
              },
            },
          },
        ]),
      },
    })
  })
  afterAll(async () => {
    await lab.remove()
  })

  it('there are secrets to look for', () => {
    expect(created.exitCode).toBe(0)
    expect(failed.exitCode).toBe(1)
    for (const [name, secret] of Object.entries(secrets)) expect(`${name} ${secret.length >= 15}`).toBe(`${name} true`)
  })

  it('in no argument and no label', async () => {
    const calls = JSON.stringify(await lab.calls())
    const shown = await lab.container(['list', '--all', '--format', 'json'])
    const labels = (JSON.parse(shown.stdout) as { configuration: { labels: object } }[]).map(
      ({ configuration }) => configuration.labels,
    )
    for (const secret of Object.values(secrets)) {
      expect(calls.includes(secret)).toBe(false)
      expect(JSON.stringify(labels).includes(secret)).toBe(false)
    }
  })

  it('in no event and no line', () => {
    for (const secret of Object.values(secrets)) {
      expect(created.stderr.includes(secret)).toBe(false)
      expect(failed.stderr.includes(secret)).toBe(false)
    }
    expect(failed.stderr).not.toContain('abcdef.0123456789abcdef')
    expect(failed.stderr).not.toContain('AAAA')
  })

  it('in no evidence and no other file of kina', async () => {
    const kept = `${await textOf(`${lab.home}/logs`)}${await textOf(`${lab.home}/state`)}`
    expect(kept).toContain('"kind":"step-started"')
    for (const secret of Object.values(secrets)) expect(kept.includes(secret)).toBe(false)
  })

  it('in a kubeconfig that only its owner reads', async () => {
    const { stat } = await import('node:fs/promises')
    expect((await stat(lab.kubeconfig)).mode & 0o777).toBe(0o600)
  })
})
