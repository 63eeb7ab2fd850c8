import { describe, expect, it } from 'vitest'
import { answerDecoder, encodeRequest, type AnswerFrame } from '../../../src/guest/frames.ts'
import { fc } from '../../support/properties.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array): string => new TextDecoder().decode(data)

describe('encodeRequest()', () => {
  it('a header with sizes in bytes, then the parts', () => {
    const frame = text(encodeRequest({ id: '7', script: 'echo ü', stdin: 'in\n', args: ['a b', ''], deadline: 1500 }))
    expect(frame).toBe('7 1.500 7 3 3 0\necho üin\na b')
  })
  it('can be read back, whatever is in it', () => {
    const request = fc.record({
      id: fc.stringMatching(/^\d{1,4}$/),
      script: fc.string({ unit: 'binary', maxLength: 60 }),
      stdin: fc.uint8Array({ maxLength: 60 }),
      args: fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 4 }),
      deadline: fc.integer({ min: 1, max: 10_000_000 }),
    })
    fc.assert(
      fc.property(request, (its) => {
        const frame = encodeRequest(its)
        const end = frame.indexOf(10)
        const [id, deadline, ...sizes] = text(frame.subarray(0, end)).split(' ')
        expect([id, Math.round(Number(deadline) * 1000)]).toEqual([its.id, its.deadline])
        let at = end + 1
        const parts = sizes.map((size) => frame.subarray(at, (at += Number(size))))
        expect(at).toBe(frame.length)
        expect(parts.map((part) => [...part])).toEqual(
          [bytes(its.script), its.stdin, ...its.args.map(bytes)].map((part) => [...part]),
        )
      }),
    )
  })
  it('binary stdin as it is', () => {
    const frame = encodeRequest({ id: '1', script: '', stdin: new Uint8Array([0, 255, 10]), args: [], deadline: 1 })
    expect([...frame.subarray(-3)]).toEqual([0, 255, 10])
  })
})

describe('answerDecoder()', () => {
  it('gives back whole answers however they are cut', () => {
    const answers = fc.array(
      fc.record({
        id: fc.stringMatching(/^[a-z0-9]{1,8}$/),
        exitCode: fc.integer({ min: 0, max: 255 }),
        stdout: fc.uint8Array({ maxLength: 200 }),
        stderr: fc.uint8Array({ maxLength: 50 }),
        ended: fc.constantFrom('exited' as const, 'timed-out' as const),
      }),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(
        answers,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (expected: AnswerFrame[], cuts) => {
          const stream = expected.flatMap(({ id, exitCode, stdout, stderr, ended }) => [
            ...bytes(`mark ${id} ${exitCode} ${stdout.length} ${stderr.length} ${ended}\n`),
            ...stdout,
            ...stderr,
          ])
          const decoder = answerDecoder('mark')
          const found: AnswerFrame[] = []
          let at = 0
          for (let index = 0; at < stream.length; index++) {
            const size = cuts[index % cuts.length] ?? 1
            found.push(...decoder.push(Uint8Array.from(stream.slice(at, at + size))))
            at += size
          }
          expect(found.length).toBe(expected.length)
          found.forEach((answer, index) => {
            const wanted = expected[index]
            expect({ ...answer, stdout: [...answer.stdout], stderr: [...answer.stderr] }).toEqual({
              ...wanted,
              stdout: [...(wanted?.stdout ?? [])],
              stderr: [...(wanted?.stderr ?? [])],
            })
          })
        },
      ),
    )
  })

  it('takes nothing for an answer that is none, whatever comes', () => {
    const noise = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom('mark', ' ', '\n', '0', 'exited', 'mark 1 0 1').map(bytes),
      ),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(noise, (chunks) => {
        const decoder = answerDecoder('mark')
        try {
          for (const chunk of chunks) {
            for (const { exitCode, ended } of decoder.push(chunk)) {
              expect(Number.isSafeInteger(exitCode) && exitCode >= 0).toBe(true)
              expect(['exited', 'timed-out']).toContain(ended)
            }
          }
        } catch (error) {
          expect(String(error)).toMatch(/^Error: Not an answer of this session: /)
        }
      }),
    )
  })

  const strangers: readonly (readonly [string, string])[] = [
    ['another mark', 'other 1 0 0 0 exited'],
    ['a missing part', 'mark 1 0 0 exited'],
    ['one part too many', 'mark 1 0 0 0 exited now'],
    ['an exit code that is no number', 'mark 1 x 0 0 exited'],
    ['a negative size', 'mark 1 0 -1 0 exited'],
    ['an unknown end', 'mark 1 0 0 0 vanished'],
    ['nothing', ''],
  ]
  for (const [what, line] of strangers) {
    it(`refuses a line with ${what}`, () => {
      expect(() => answerDecoder('mark').push(bytes(`${line}\n`))).toThrow(/Not an answer of this session/)
    })
  }
})
