import { describe, expect, it } from 'vitest'
import { errorBody } from '../../../src/cli/report/error-body.ts'
import { jsonLinesReporter } from '../../../src/cli/report/json-lines.ts'
import { plainReporter } from '../../../src/cli/report/plain.ts'
import { terminalReporter } from '../../../src/cli/report/terminal.ts'
import { eventTable } from '../../../src/cli/report/event-table.ts'
import { helpFor, KinaError } from '../../../src/errors.ts'
import type { Event, EventBody } from '../../../src/plan/events.ts'

const at = { at: '2026-01-01T00:00:00.000Z', run: 'abc' }
const event = (body: EventBody): Event => ({ ...body, ...at })

const step = { step: 'boot-node a', title: 'Boot a', phase: 'nodes' }
const events: readonly EventBody[] = [
  { kind: 'run-started', command: 'create cluster', version: '1' },
  { kind: 'step-started', ...step },
  { kind: 'waiting', step: 'boot-node a', reason: 'not yet' },
  { kind: 'command', argv: ['container', 'exec', 'a b', '#!/bin/sh\nlong'], ms: 20, exitCode: 0 },
  { kind: 'progress', what: 'pull kindest/node:v1.37.0', done: 1_234_567, total: 412_300_000 },
  { kind: 'progress', what: 'pull kindest/node:v1.37.0', done: 412_300_000, total: 412_300_000 },
  { kind: 'retry', what: 'list networks', attempt: 1, afterMs: 500, reason: 'busy' },
  { kind: 'step-ended', ...step, ms: 1234, outcome: 'done' },
  { kind: 'step-ended', ...step, ms: 0, outcome: 'skipped', reason: 'present' },
  { kind: 'step-ended', ...step, ms: 50, outcome: 'failed', reason: 'x' },
  { kind: 'warning', message: 'Careful', hint: 'do this' },
  { kind: 'notice', message: 'Deleted' },
  { kind: 'evidence-saved', folder: '/logs/x' },
  {
    kind: 'cluster-ready',
    cluster: 'a',
    context: 'kina-a',
    phases: [{ phase: 'nodes', ms: 1500 }],
    kubeconfig: '/my file',
  },
  {
    kind: 'error',
    code: 'timed-out',
    message: 'Cannot wait',
    hint: 'wait longer',
    seen: ['$ x'],
    help: helpFor('timed-out'),
  },
  { kind: 'run-ended', ms: 2000, exitCode: 5 },
]

function plain(verbosity: number, product: 'kina' | 'kind' = 'kina'): readonly string[] {
  let text = ''
  const reporter = plainReporter((part) => (text += part), { verbosity, product })
  for (const body of events) reporter.report(event(body))
  reporter.close()
  return text.split('\n')
}

describe('the plain report', () => {
  it('has one line a step, and what people must know', () => {
    expect(plain(0)).toEqual([
      'Try again after 0.5 s (1): list networks: busy',
      'Boot a (1.2 s)',
      'Boot a: skipped, present',
      'Boot a: failed after 0.1 s',
      'Warning: Careful; do this',
      'Deleted',
      'Evidence of the failure is in /logs/x',
      'Times: nodes 1.5 s',
      'You can now use your cluster with:',
      '',
      "kubectl cluster-info --context kina-a --kubeconfig '/my file'",
      '',
      'Error: Cannot wait',
      '  $ x',
      'What to do: wait longer',
      'Code: timed-out, see https://kina.dev/docs/troubleshooting.md#timed-out',
      '',
    ])
  })

  it('shows commands, begins and reasons from -v 1', () => {
    const lines = plain(1)
    expect(lines).toContain('Begin: Boot a')
    expect(lines).toContain('Waiting (boot-node a): not yet')
    expect(lines).toContain("$ container exec 'a b' '#!/bin/sh…'  # exit 0, 0.0 s")
    expect(lines).toContain('Ended with exit code 5 after 2.0 s')
  })

  it("has kind's lines under kind's name", () => {
    expect(plain(0, 'kind')).toEqual([
      'Try again after 0.5 s (1): list networks: busy',
      ' ✓ Boot a',
      ' ✗ Boot a',
      'Careful; do this',
      'Deleted',
      'Evidence of the failure is in /logs/x',
      'Set kubectl context to "kina-a"',
      'You can now use your cluster with:',
      '',
      "kubectl cluster-info --context kina-a --kubeconfig '/my file'",
      '',
      'ERROR: Cannot wait',
      '  $ x',
      'What to do: wait longer',
      '',
    ])
  })
})

describe('the JSON report', () => {
  it('is one event a line with the fields of the table', () => {
    let text = ''
    const reporter = jsonLinesReporter((part) => (text += part))
    for (const body of events) reporter.report(event(body))
    reporter.close()
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event)
    expect(lines.length).toBe(events.length)
    for (const line of lines) {
      const fields = eventTable[line.kind].fields as Record<string, { isOptional?: boolean }>
      const known = ['kind', 'at', 'run', ...Object.keys(fields)]
      expect(Object.keys(line).filter((key) => !known.includes(key))).toEqual([])
      const needed = Object.entries(fields).filter(([, { isOptional }]) => !isOptional)
      expect(needed.filter(([key]) => !(key in line))).toEqual([])
    }
  })
})

describe('the report on a terminal', () => {
  function shown(options: { isLive: boolean; colour: boolean }): string {
    let text = ''
    let time = 0
    const reporter = terminalReporter({
      ...options,
      write: (part) => (text += part),
      columns: 40,
      verbosity: 0,
      now: () => (time += 100),
      product: 'kina',
    })
    for (const body of events) reporter.report(event(body))
    reporter.close()
    return text
  }

  it('has an icon a line', () => {
    const text = shown({ isLive: false, colour: false })
    expect(text).toContain('✔ Boot a (1.2 s)\n')
    expect(text).toContain('ℹ Boot a: skipped, present\n')
    expect(text).toContain('✖ Boot a: failed after 0.1 s\n')
    expect(text).toContain('⚠ Careful; do this\n')
    expect(text).toContain('✖ Cannot wait\n    $ x\n')
    expect(text).not.toContain('\u001b')
  })

  it('draws what runs below, and leaves nothing of it', () => {
    const text = shown({ isLive: true, colour: true })
    expect(text.replaceAll('\u001b', 'ESC')).toMatch(/ESC\[36m.ESC\[0m Boot a ESC\[90m\d\.\d sESC\[0m\n/)
    expect(text).toContain('\u001b[1F\u001b[0J')
    expect(text.replaceAll('\u001b', 'ESC')).toContain('pull kindest/node ESC[90m1.2 MB of 412.3 MBESC[0m\n')
    expect(text).toContain('\u001b[32m✔\u001b[0m Boot a (1.2 s)')
    expect(text.trimEnd().endsWith('docs/troubleshooting.md#timed-out')).toBe(true)
  })
})

describe('errorBody()', () => {
  const calm = new AbortController().signal
  it('says all that a KinaError knows, its causes too', () => {
    const inner = new KinaError('timed-out', 'No answer', { seen: ['$ y'] })
    const error = new KinaError('service-hung', 'Cannot remove', { seen: ['left: a'], hint: 'stop', cause: inner })
    expect(errorBody(error, calm)).toEqual({
      kind: 'error',
      code: 'service-hung',
      message: 'Cannot remove',
      seen: ['left: a', 'because: No answer', '$ y'],
      hint: 'stop',
      help: helpFor('service-hung'),
    })
    expect(errorBody(new KinaError('usage', 'x', { cause: new Error('deep') }), calm)).toMatchObject({
      seen: ['because: deep'],
    })
  })
  it('shows anything else as a bug with its stack, unless it was interrupted', () => {
    expect(errorBody(new TypeError('oops'), calm)).toMatchObject({ code: 'bug', message: 'kina has a bug: oops' })
    expect(errorBody('text', calm)).toMatchObject({ code: 'bug', message: 'kina has a bug: text', seen: [] })
    expect(errorBody(new TypeError('oops'), AbortSignal.abort())).toMatchObject({ code: 'interrupted' })
  })
})
