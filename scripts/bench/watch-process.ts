import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What a process itself has used, its children apart. */
interface Usage {
  /** Processor time in user and system mode, seconds. */
  readonly cpuSeconds: number
  /** Peak of its resident memory, bytes. */
  readonly peakBytes: number
}

interface Watched extends Usage {
  readonly stdout: string
}

/** Between two looks: what happens in the last of these is not seen, neither of kind nor of kina. */
const everyMs = 10

/** Clock ticks a second in /proc, the same on every Linux of today (`getconf CLK_TCK`). */
const ticksASecond = 100

/**
 * Runs a program to its end, and looks at it in /proc meanwhile: what a parent is told when its child has ended counts
 * grandchildren in.
 * @throws with all that it said when it fails.
 */
export async function watch(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<Watched> {
  const [file = '', ...words] = argv
  const child = spawn(file, words, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let [stdout, said] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    said += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  let usage: Usage = { cpuSeconds: 0, peakBytes: 0 }
  const look = (): void => void (usage = usageOf(child.pid ?? 0) ?? usage)
  const timer = setInterval(look, everyMs)
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail)
    child.once('close', done)
  }).finally(() => clearInterval(timer))
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}:\n${said}`)
  return { ...usage, stdout }
}

/** @returns undefined when there is no such process, or nothing but its exit code is left of it. */
function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the name, which may hold blanks and brackets: field 3 is the state, 14 and 15 are utime and stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
    if (kilobytes === undefined) return undefined
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksASecond,
      peakBytes: Number(kilobytes) * 1024,
    }
  } catch {
    return undefined
  }
}
