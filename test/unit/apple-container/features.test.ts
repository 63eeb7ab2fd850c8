import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { advisedRelease, readVersion, supports, whyUnsupported } from '../../../src/apple-container/features.ts'
import { readSources } from '../../support/imports.ts'
import { releaseNames, releaseOf } from '../../lab/versions.ts'

const repository = resolve(import.meta.dirname, '../../..')

/** Releases of `container` since 1.0.0 have one digit in each place; the second number of Kubernetes' has two. */
const releaseName = /(?<![\w.:])v?1\.\d\.\d(?!\w|\.\d)/

describe('releases of container', () => {
  it('are named in features.ts and nowhere else in the source', () => {
    const isRead = (path: string): boolean => /\.(ts|sh|yaml)$/.test(path) && !path.startsWith('cli/generated/')
    const named = [...readSources(resolve(repository, 'src'), isRead)]
      // Versions of other things have files of their own.
      .filter(([path]) => !['apple-container/features.ts', 'version.ts', 'images/layout-mark.ts'].includes(path))
      .flatMap(([path, text]) =>
        text
          .split('\n')
          .flatMap((line, index) => (releaseName.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
      )
    expect(named).toEqual([])
  })

  it('are found by the walk in every form', () => {
    for (const line of ["'1.2.1'", 'since 1.2.0.', 'container 1.0.0 and', 'v1.4.1'])
      expect(`${line} ${releaseName.test(line)}`).toBe(`${line} true`)
    for (const line of ['127.0.0.1', '10.1.2.0/24', '11.2.3', 'kindest/node:v1.37.0', '1.1.1.1'])
      expect(`${line} ${releaseName.test(line)}`).toBe(`${line} false`)
  })

  it('are all but one supported, and only later ones have a switch for protected paths', () => {
    const refused = releaseNames.filter((name) => whyUnsupported(releaseOf(name).version) !== undefined)
    expect(refused).toEqual(['1.2.0'])
    const withSwitch = releaseNames.filter((name) => supports(releaseOf(name).version, 'protectedPathFlags'))
    expect(withSwitch).toEqual(['1.2.1', '1.2.2', 'later'])
    expect(supports(advisedRelease, 'protectedPathFlags')).toBe(true)
  })

  it('are compared by number, and one that cannot be read counts as the newest', () => {
    expect(supports('1.10.0', 'protectedPathFlags')).toBe(true)
    expect(supports('2.0.0', 'protectedPathFlags')).toBe(true)
    expect(supports('1.1.99', 'protectedPathFlags')).toBe(false)
    expect(supports('af405ff-dirty', 'protectedPathFlags')).toBe(true)
    expect(whyUnsupported('af405ff-dirty')).toBe(undefined)
    expect(whyUnsupported('0.12.3')).toBe('it is older than 1.0.0')
  })

  it('are read off what the service says, a sentence or a number', () => {
    expect(readVersion('container-apiserver version 1.2.2 (build: release, commit: 0190097)')).toBe('1.2.2')
    expect(readVersion('1.4.1')).toBe('1.4.1')
    expect(readVersion('af405ff')).toBe('af405ff')
  })

  it('have a row each in the documentation', () => {
    const page = readFileSync(resolve(repository, 'docs/supported-versions.md'), 'utf8')
    for (const name of releaseNames) {
      const row = page.split('\n').find((line) => line.startsWith(`| ${name === 'later' ? 'later' : name} `)) ?? name
      const verdict = whyUnsupported(releaseOf(name).version) === undefined ? 'works' : 'refused'
      expect(row).toContain(`| ${verdict}`)
    }
  })
})
