import { spawn, type ChildProcess } from 'node:child_process'
import process from 'node:process'
import { CannotRun, type CommandOptions, type CommandResult, type Gate, type Verdict } from './gate.ts'

const running = new Set<ChildProcess>()

/** Ends every child that a gate has started, with its process group. */
export function endChildren(signal: NodeJS.Signals = 'SIGTERM'): void {
  for (const { pid } of running) {
    try {
      if (pid !== undefined) process.kill(-pid, signal)
    } catch {
      // It has ended in the meantime.
    }
  }
}

/**
 * Runs one gate under its deadline and shows how it ended.
 * @returns undefined when the gate cannot run on this machine and need not.
 */
export async function runGate(gate: Gate, isCi: boolean): Promise<Verdict | undefined> {
  const started = performance.now()
  const say = (outcome: string): void =>
    console.log(`${outcome.padEnd(7)} ${gate.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  let isOutOfTime = false
  const late = setTimeout(() => {
    isOutOfTime = true
    endChildren('SIGTERM')
    setTimeout(() => endChildren('SIGKILL'), 5000).unref()
  }, gate.seconds * 1000)
  try {
    const verdict = await gate.run({ command })
    const isGood = verdict.failed === 0 && !isOutOfTime
    say(isGood ? 'passed' : 'FAILED')
    if (verdict.summary) console.log(indented(verdict.summary))
    if (isGood) return verdict
    if (isOutOfTime) console.log(indented(`ended after its deadline of ${gate.seconds} s`))
    console.log(indented(verdict.output ?? ''))
    return { ...verdict, failed: Math.max(1, verdict.failed) }
  } catch (error) {
    if (!(error instanceof CannotRun)) {
      say('FAILED')
      console.log(indented(error instanceof Error ? (error.stack ?? error.message) : String(error)))
      return { passed: 0, failed: 1 }
    }
    say('NOT RUN')
    console.log(indented(`${error.message}${isCi ? ': counts as failed in CI' : ''}`))
    return isCi ? { passed: 0, failed: 1 } : undefined
  } finally {
    clearTimeout(late)
  }
}

function command(argv: readonly string[], { env = {}, cwd, shows }: CommandOptions = {}): Promise<CommandResult> {
  const [file = '', ...words] = argv
  return new Promise((done) => {
    // In a process group of its own, so that a deadline ends all that it has started.
    const child = spawn(file, words, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    let output = ''
    const keep = (text: string): void => {
      output += text
      for (const line of text.split('\n')) if (shows?.test(line)) console.log(indented(line))
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const end = (exitCode: number): void => {
      running.delete(child)
      done({ exitCode, output: output || `${argv.join(' ')}: exit code ${exitCode}, no output` })
    }
    child.once('error', (error) => {
      output += error.message
      end(-1)
    })
    child.once('close', (code) => end(code ?? -1))
  })
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '        ')
}
