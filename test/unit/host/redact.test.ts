import { describe, expect, it } from 'vitest'
import { redact } from '../../../src/host/redact.ts'
import { timeoutScale } from '../../../src/host/timeout-scale.ts'
import { failureOf } from '../../support/failure-of.ts'

// Put together here, so that no file of the repository looks as if it held a secret.
const key = `-----BEGIN ${'PRIVATE KEY'}-----\nMIGHAgEAMBMGByqGSM49\n-----END ${'PRIVATE KEY'}-----`
const bareKey = Buffer.from(key).toString('base64')
const token = ['abcdef', '0123456789abcdef'].join('.')
const jwt = ['eyJhbGciOiJSUzI1NiJ9', 'eyJpc3MiOiJrdWJlIn0xxx', 'c2lnbmF0dXJlMTIz'].join('.')

describe('redact() leaves no trace of', () => {
  for (const [what, text, expected] of [
    ['a private key', `a\n${key}\nb`, 'a\n[redacted PRIVATE KEY]\nb'],
    ['a private key that was cut off', key.slice(0, 40), '[redacted PRIVATE KEY]'],
    ['a private key in base64', `client: ${bareKey}`, 'client: [redacted PEM]'],
    ['client-key-data in YAML', `client-key-data: ${'A'.repeat(12)}=`, 'client-key-data: [redacted]'],
    ['a password in JSON', `{"password":"${'h'.repeat(9)}"}`, '{"password":"[redacted]"}'],
    [
      'a password in JSON in JSON',
      String.raw`"{\"password\":\"hhhhhhhhh\"}"`,
      String.raw`"{\"password\":\"[redacted]\"}"`,
    ],
    ['an option of kubeadm', `--certificate-key ${'a'.repeat(64)}`, '--certificate-key [redacted]'],
    ['a bootstrap token', `--token ${token} --x`, '--token [redacted token] --x'],
    ['a Bearer header', 'Authorization: Bearer abcdefgh1234', 'Authorization: Bearer [redacted]'],
    ['a password in a URL', 'http://me:pa@ss@proxy:3128/x', 'http://[redacted]@proxy:3128/x'],
    ['a JSON web token', `token is ${jwt}.`, 'token is [redacted token].'],
  ] as const) {
    it(what, () => expect(redact(text)).toBe(expected))
  }

  it('nothing else', () => {
    const text =
      'docker.io/kindest/node:v1.37.0@sha256:a1ed56cf https://127.0.0.1:6443/readyz dev-worker.example.com me@example.com -----BEGIN CERTIFICATE-----'
    expect(redact(text)).toBe(text)
  })
})

describe('KINA_TIMEOUT_SCALE', () => {
  for (const [text, scale] of [
    [undefined, 1],
    ['', 1],
    ['3', 3],
    ['0.02', 0.02],
  ] as const) {
    it(`${JSON.stringify(text)} is ${scale}`, () => expect(timeoutScale({ KINA_TIMEOUT_SCALE: text })).toBe(scale))
  }
  for (const text of ['0', '-1', 'fast', 'Infinity', 'NaN']) {
    it(`"${text}" is refused`, async () => {
      const error = await failureOf(() => timeoutScale({ KINA_TIMEOUT_SCALE: text }))
      expect(error.code).toBe('usage')
    })
  }
})
