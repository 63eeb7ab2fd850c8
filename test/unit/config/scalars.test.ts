import { describe, expect, it } from 'vitest'
import { parseCidr } from '../../../src/config/cidr.ts'
import { parseDuration } from '../../../src/config/duration.ts'
import { normalizeImageReference, versionInTag } from '../../../src/images/reference.ts'
import { nearest } from '../../../src/config/nearest.ts'
import { isNull, readBoolean, readInteger } from '../../../src/config/scalars.ts'
import { parseSize } from '../../../src/config/size.ts'

describe('readInteger() reads what yaml.v3 does', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['6443', 6443],
    ['-1', -1],
    ['+5', 5],
    ['010000', 4096],
    ['0o17', 15],
    ['0x1F', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['80.0', 80],
    ['8e1', 80],
    ['80.5', undefined],
    ['089', undefined],
    ['eighty', undefined],
    ['', undefined],
  ]
  for (const [source, value] of cases) {
    it(`${JSON.stringify(source)} is ${value}`, () => expect(readInteger(source)).toBe(value))
  }
})

describe('readBoolean() takes both YAML versions', () => {
  it('true in every spelling', () => {
    for (const source of ['true', 'True', 'TRUE', 'y', 'Y', 'yes', 'on']) expect(readBoolean(source)).toBe(true)
  })
  it('false in every spelling', () => {
    for (const source of ['false', 'False', 'FALSE', 'n', 'N', 'no', 'off']) expect(readBoolean(source)).toBe(false)
  })
  it('nothing else', () => {
    for (const source of ['Yes', 'ON', '1', 't', '']) expect(readBoolean(source)).toBe(undefined)
  })
  it('null is not given', () => {
    for (const source of ['', '~', 'null', 'Null', 'NULL']) expect(isNull(source)).toBe(true)
    expect(isNull('none')).toBe(false)
  })
})

describe('parseDuration() takes Go durations', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h2m', 3_720_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['250ms', 250],
    ['0', 0],
    ['0s', 0],
    ['-1m', -60_000],
    ['5', 5000],
    ['', undefined],
    ['soon', undefined],
    ['5 m', undefined],
    ['m', undefined],
    ['5m3', undefined],
  ]
  for (const [text, ms] of cases) {
    it(`${JSON.stringify(text)} is ${ms}`, () => expect(parseDuration(text, { bareSeconds: true })).toBe(ms))
  }
  it('a bare integer is refused as kind does', () => expect(parseDuration('5', { bareSeconds: false })).toBe(undefined))
})

describe('parseSize() is binary', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['4g', 4 * 1024 ** 3],
    ['4G', 4 * 1024 ** 3],
    ['4GiB', 4 * 1024 ** 3],
    ['4gb', 4 * 1024 ** 3],
    ['512m', 512 * 1024 ** 2],
    ['1.5g', 1.5 * 1024 ** 3],
    ['1024', 1024],
    ['2 g', 2 * 1024 ** 3],
    ['four', undefined],
    ['-1g', undefined],
    ['4x', undefined],
  ]
  for (const [text, bytes] of cases)
    it(`${JSON.stringify(text)} is ${bytes}`, () => expect(parseSize(text)).toBe(bytes))
})

describe('normalizeImageReference() gives the full form', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['kindest/node:v1.35.5', 'docker.io/kindest/node:v1.35.5'],
    ['busybox', 'docker.io/library/busybox:latest'],
    ['localhost/node', 'localhost/node:latest'],
    ['localhost:5001/node:1', 'localhost:5001/node:1'],
    ['ghcr.io/a/b/c:1', 'ghcr.io/a/b/c:1'],
    [`kindest/node@${digest}`, `docker.io/kindest/node@${digest}`],
    [`kindest/node:v1@${digest}`, `docker.io/kindest/node:v1@${digest}`],
    ['Kindest/Node', undefined],
    ['a b', undefined],
    ['', undefined],
    ['node:', undefined],
    ['node@sha256:abc', undefined],
    ['-bad.com/x', undefined],
  ]
  for (const [text, full] of cases) it(`${text} is ${full}`, () => expect(normalizeImageReference(text)).toBe(full))

  it('and versions are read from tags', () => {
    expect(versionInTag(`docker.io/kindest/node:v1.35.5@${digest}`)).toEqual({ major: 1, minor: 35 })
    expect(versionInTag('docker.io/kindest/node:latest')).toBe(undefined)
  })
})

describe('parseCidr()', () => {
  it('reads both families and nothing else', () => {
    expect(parseCidr('10.244.0.0/16')).toEqual({ family: 4, prefix: 16 })
    expect(parseCidr('fd00::/56')).toEqual({ family: 6, prefix: 56 })
    for (const text of ['10.244.0.0', '10.244.0.0/33', '10.0.0/8', 'x/8', 'fd00::/129'])
      expect(parseCidr(text)).toBe(undefined)
  })
})

describe('nearest()', () => {
  it('finds what was probably meant, and nothing where all is far', () => {
    expect(nearest('nodez', ['nodes', 'networking'])).toBe('nodes')
    expect(nearest('Name', ['name'])).toBe('name')
    expect(nearest('xyz', ['nodes', 'networking'])).toBe(undefined)
    expect(nearest('x', [])).toBe(undefined)
  })
})
