/**
 * Reads cluster files by chance, a million unless told otherwise: `npm run fuzz [-- COUNT]`. The seed is 1, or KINA_SEED.
 * Fails when one makes kina throw anything but a KinaError, or makes no way for ten minutes.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { clusterDocument } from '../test/support/cluster-documents.ts'
import { realClusterFiles } from '../test/support/real-cluster-files.ts'
import { swallowDocument } from '../test/support/swallow-document.ts'

const seed = Number(process.env['KINA_SEED'] ?? 1)
const everySoOften = 1000
/** Silence that counts as a hang, in ticks: a busy machine may give little of its time, and one that is suspended none, nor a tick. */
const tickMs = 10_000
const hangTicks = 60

/** What a part says, one line of JSON each. */
type Message =
  | { readonly at: number; readonly ends: Readonly<Record<string, number>>; readonly slowest: number }
  | { readonly bug: number; readonly text: string; readonly stack: string }

/** Every `step`th document from `first`. */
async function runPart(first: number, step: number, count: number): Promise<void> {
  const real = await realClusterFiles()
  const say = (message: Message): void => console.log(JSON.stringify(message))
  const ends: Record<string, number> = {}
  let slowest = 0
  for (let number = first; number < count; number += step) {
    const text = clusterDocument(seed, number, real)
    const started = performance.now()
    try {
      const end = swallowDocument(text)
      ends[end] = (ends[end] ?? 0) + 1
    } catch (error) {
      say({ bug: number, text, stack: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
    slowest = Math.max(slowest, performance.now() - started)
    if (number % everySoOften < step) say({ at: number, ends, slowest })
  }
  say({ at: count, ends, slowest })
}

async function runAll(count: number): Promise<number> {
  const parts = availableParallelism()
  const started = performance.now()
  console.log(`${count} documents, seed ${seed}, ${parts} processes`)
  const results = await Promise.all(Array.from({ length: parts }, (_, part) => watchPart(part, parts, count)))
  const ends: Record<string, number> = {}
  for (const part of results) for (const [end, its] of Object.entries(part.ends)) ends[end] = (ends[end] ?? 0) + its
  const failures = results.reduce((sum, { failures: its }) => sum + its, 0)
  const seconds = Math.round((performance.now() - started) / 1000)
  const slowest = Math.round(Math.max(...results.map((part) => part.slowest)))
  const all = Object.entries(ends).map(([end, its]) => `${its} ${end}`)
  console.log(`${all.join(', ')}; ${failures} bugs or hangs; slowest ${slowest} ms; ${seconds} s`)
  const done = Object.values(ends).reduce((sum, its) => sum + its, 0)
  return failures === 0 && done === count ? 0 : 1
}

interface PartResult {
  readonly ends: Readonly<Record<string, number>>
  readonly slowest: number
  readonly failures: number
}

function watchPart(part: number, parts: number, count: number): Promise<PartResult> {
  const child = spawn(process.execPath, [import.meta.filename, '--part', String(part), String(parts), String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let result: PartResult = { ends: {}, slowest: 0, failures: 0 }
  let last = part
  const fail = (what: string): void => {
    result = { ...result, failures: result.failures + 1 }
    console.log(what)
  }
  const hang = (): void => {
    fail(`HANG behind document ${last}, KINA_SEED=${seed}`)
    child.kill('SIGKILL')
  }
  let silentTicks = 0
  const watch = setInterval(() => {
    if (++silentTicks === hangTicks) hang()
  }, tickMs)
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const message of lines.map((line) => JSON.parse(line) as Message)) {
      if ('bug' in message) {
        fail(`BUG in document ${message.bug}, KINA_SEED=${seed}\n${JSON.stringify(message.text)}\n${message.stack}`)
        continue
      }
      last = message.at
      result = { ...result, ends: message.ends, slowest: message.slowest }
      silentTicks = 0
    }
  })
  return new Promise((done) => {
    child.once('close', (code) => {
      clearInterval(watch)
      if (code !== 0) fail(`part ${part} ended with ${code}`)
      done(result)
    })
  })
}

const [word, first, step, count] = process.argv.slice(2)
if (word === '--part') await runPart(Number(first), Number(step), Number(count))
else process.exitCode = await runAll(Number(word ?? 1_000_000))
