import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorBody } from '../../../src/cli/report/error-body.ts'
import { errorCodes, helpFor, KinaError } from '../../../src/errors.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/troubleshooting.md'), 'utf8')
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split('\n')
      return [title.trim(), lines.join('\n')] as const
    }),
)

describe('the page of an error code', () => {
  const codes = [...errorCodes, 'bug'] as const

  it('is there for every code, and for nothing else', () => {
    expect([...sections.keys()].toSorted()).toEqual([...codes].toSorted())
  })

  it('says cause, evidence and remedy, each once and in this order', () => {
    for (const code of codes) {
      const marks = [...(sections.get(code) ?? '').matchAll(/\*\*(Cause\.|Look at|Remedy\.)\*\*([^*]*)/g)]
      expect([code, ...marks.map(([, mark]) => mark)]).toEqual([code, 'Cause.', 'Look at', 'Remedy.'])
      for (const [, mark, text = ''] of marks)
        expect(`${code} ${mark} ${text.trim().length > 3}`).toBe(`${code} ${mark} true`)
    }
  })

  it('is where every error points to', () => {
    for (const code of codes) {
      expect(helpFor(code)).toBe(`https://kina.dev/docs/troubleshooting.md#${code}`)
      const error = code === 'bug' ? new Error('x') : new KinaError(code, 'x')
      expect(errorBody(error, new AbortController().signal)).toMatchObject({ code, help: helpFor(code) })
    }
  })

  it('names no check of kina doctor that does not exist, and no file', async () => {
    const { checks } = await import('../../../src/doctor/checks.ts')
    const names = checks.map(({ name }) => name)
    const named = [...page.matchAll(/((?:`[a-z-]+`(?: and )?)+) in `kina doctor`/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
    )
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((name) => !names.includes(name))).toEqual([])
    for (const [, file = ''] of page.matchAll(/\]\(([^)#:]+)\)/g))
      expect(readFileSync(resolve(import.meta.dirname, '../../../docs', file), 'utf8').length).toBeGreaterThan(0)
  })
})
