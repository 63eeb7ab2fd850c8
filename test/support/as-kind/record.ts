import { spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kubeconfigFacts, sortedLines, withoutChance, type Answer, type Facts } from './answer.ts'
import { homeFiles, nameOf, type Step } from './transcript.ts'

/** A program that is kind, or believed to be. */
export interface Tool {
  readonly program: string
  readonly env: Readonly<Record<string, string>>
  /** Working directory and HOME. */
  readonly home: string
  /** Stands where steps say IMAGE. */
  readonly image: string
}

/** The slowest step creates two nodes, on a machine that may be slow. */
const stepMs = 600_000

/**
 * Gives every step to a tool, one after the other.
 * @param note told the name of a step, its milliseconds and what it said on stderr.
 */
export async function record(
  tool: Tool,
  steps: readonly Step[],
  note: (step: string, ms: number, stderr: string) => void,
): Promise<readonly Answer[]> {
  for (const [name, text] of Object.entries(homeFiles)) await writeFile(join(tool.home, name), text)
  const answers: Answer[] = []
  for (const step of steps) {
    const started = performance.now()
    const { exitCode, stdout, stderr } = await run(tool, step)
    note(nameOf(step), performance.now() - started, stderr)
    const said = withoutChance(stdout)
    answers.push({
      step: nameOf(step),
      exitCode,
      stdout: step.isUnordered ? sortedLines(said) : said,
      kubeconfigs: await kubeconfigsOf(tool.home, step.kubeconfigs ?? []),
      files: step.folder === undefined ? [] : await filesBelow(join(tool.home, step.folder)),
    })
  }
  return answers
}

async function run(
  { program, env, home, image }: Tool,
  step: Step,
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(
    program,
    step.words.map((word) => word.replace('IMAGE', image)),
    {
      env: { ...env, ...step.env },
      cwd: home,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: stepMs,
      killSignal: 'SIGKILL',
    },
  )
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(step.stdin ?? '')
  return await new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => {
      if (code === null) fail(new Error(`"${nameOf(step)}" was ended by ${signal}:\n${stderr}`))
      else done({ exitCode: code, stdout, stderr })
    })
  })
}

async function kubeconfigsOf(
  home: string,
  paths: readonly string[],
): Promise<Readonly<Record<string, Facts | undefined>>> {
  const read = async (path: string): Promise<readonly [string, Facts | undefined]> => {
    const text = await readFile(join(home, path), 'utf8').catch(() => undefined)
    return [path, text === undefined ? undefined : kubeconfigFacts(text)]
  }
  return Object.fromEntries(await Promise.all(paths.map(read)))
}

/** Of the folders of pods and containers only their names: what is below has ids in its name. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const nodes = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = await Promise.all(
    nodes.map(async (entry) =>
      entry.isDirectory()
        ? (await readdir(join(folder, entry.name))).map((name) => `${entry.name}/${name}`)
        : [entry.name],
    ),
  )
  return names.flat().toSorted()
}
