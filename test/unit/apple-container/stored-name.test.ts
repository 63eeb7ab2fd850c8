import { describe, expect, it } from 'vitest'
import { storedName } from '../../../src/apple-container/stored-name.ts'
import { defaultNodeImage } from '../../../src/config/node-images.ts'

const digest = `sha256:${'a1'.repeat(32)}`

describe('storedName()', () => {
  const cases = [
    ['docker.io/kindest/node:v1.37.0', 'docker.io/kindest/node:v1.37.0'],
    [`docker.io/kindest/node@${digest}`, `docker.io/kindest/node@${digest}`],
    [`docker.io/kindest/node:v1.37.0@${digest}`, `docker.io/kindest/node@${digest}`],
    [`127.0.0.1:5000/node:v1@${digest}`, `127.0.0.1:5000/node@${digest}`],
    [`127.0.0.1:5000/node@${digest}`, `127.0.0.1:5000/node@${digest}`],
    ['127.0.0.1:5000/node', '127.0.0.1:5000/node'],
  ] as const
  for (const [reference, name] of cases) {
    it(`${reference.slice(0, 60)} is kept as ${name.slice(0, 60)}`, () => {
      expect(storedName(reference)).toBe(name)
    })
  }

  it('drops the tag of the image that clusters have by default', () => {
    expect(storedName(defaultNodeImage)).toMatch(/^docker\.io\/kindest\/node@sha256:[0-9a-f]{64}$/)
  })
})
