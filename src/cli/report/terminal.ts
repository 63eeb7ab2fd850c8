import { createConsola, type LogObject } from 'consola/core'
import type { Event } from '../../plan/events.ts'
import { bytesText } from '../render/bytes.ts'
import { plainLines, seconds, type LineOptions } from './lines.ts'
import { format, type Reporter } from './reporter.ts'

export interface TerminalOptions extends LineOptions {
  readonly write: (text: string) => void
  readonly columns: number
  /** Whether lines may be drawn over: only a terminal can. */
  readonly isLive: boolean
  readonly colour: boolean
  /** Monotonic milliseconds. */
  readonly now: () => number
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 80
const icons: Readonly<Record<string, string>> = {
  success: '✔',
  info: 'ℹ',
  warn: '⚠',
  error: '✖',
  log: ' ',
  fail: '✖',
  debug: '·',
}
const colours: Readonly<Record<string, number>> = {
  success: 32,
  info: 36,
  warn: 33,
  error: 31,
  fail: 31,
  debug: 90,
  log: 0,
}

/** consola's style: an icon a line, and below all lines the steps that run now, with their time. */
export function terminalReporter(options: TerminalOptions): Reporter {
  const { write, isLive, now } = options
  const running = new Map<string, { readonly title: string; readonly since: number }>()
  const progress = new Map<string, { readonly done: number; readonly total: number }>()
  let drawn = 0
  let frame = 0

  const paint = (code: number, text: string): string =>
    options.colour && code !== 0 ? `\u001b[${code}m${text}\u001b[0m` : text
  const erase = (): string => (drawn === 0 ? '' : `\u001b[${drawn}F\u001b[0J`)
  const live = (): string => {
    if (!isLive) return ''
    const lines = [...running.values()].map(({ title, since }) => {
      const time = seconds(now() - since)
      const room = options.columns - time.length - 5
      return `${paint(36, frames[frame % frames.length] ?? '')} ${title.slice(0, Math.max(room, 8))} ${paint(90, time)}\n`
    })
    for (const [what, { done, total }] of progress) {
      const bytes = `${bytesText(done)} of ${bytesText(total)}`
      const room = options.columns - bytes.length - 5
      lines.push(`${paint(36, '↓')} ${what.slice(0, Math.max(room, 8))} ${paint(90, bytes)}\n`)
    }
    drawn = lines.length
    return lines.join('')
  }
  const redraw = (above = ''): void => write(`${erase()}${above}${live()}`)

  // Without a process.stdout: touching it costs more than all of kina's start.
  const consola = createConsola({
    level: 5,
    throttle: 0,
    reporters: [
      {
        log({ type, args }: LogObject) {
          const icon = paint(colours[type] ?? 0, icons[type] ?? ' ')
          const [first = '', ...more] = args.join(' ').split('\n')
          redraw(
            [`${icon} ${first}`, ...more.map((line) => (line === '' ? '' : `  ${line}`))]
              .map((line) => `${line}\n`)
              .join(''),
          )
        },
      },
    ],
  })
  const timer = isLive
    ? setInterval(() => {
        frame++
        if (running.size + progress.size > 0) redraw()
      }, frameMs)
    : undefined
  timer?.unref?.()

  const lines = plainLines(options)
  return {
    report(event) {
      if (event.kind === 'step-started') running.set(event.step, { title: event.title, since: now() })
      if (event.kind === 'step-ended') running.delete(event.step)
      if (event.kind === 'progress') {
        if (event.done < event.total) progress.set(event.what, event)
        else progress.delete(event.what)
      }
      const line = format(lines, event)
      if (line !== undefined) consola[levelOf(event)](withoutPrefix(line))
      else if (isLive) redraw()
    },
    close() {
      clearInterval(timer)
      running.clear()
      progress.clear()
      redraw()
    },
  }
}

function levelOf(event: Event): 'success' | 'info' | 'warn' | 'error' | 'fail' | 'debug' | 'log' {
  switch (event.kind) {
    case 'step-ended':
      return event.outcome === 'done' ? 'success' : event.outcome === 'skipped' ? 'info' : 'fail'
    case 'cluster-ready':
      return 'success'
    case 'warning':
    case 'retry':
      return 'warn'
    case 'error':
      return 'error'
    case 'notice':
    case 'evidence-saved':
      return 'info'
    default:
      return 'debug'
  }
}

/** The icon says it already. */
function withoutPrefix(line: string): string {
  return line.replace(/^(Warning: |Error: | [✓✗] )/, '')
}
