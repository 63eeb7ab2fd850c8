import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { runCli } from '../../src/cli/run-cli.ts'
import type { Event } from '../../src/plan/events.ts'
import { createHost } from '../../src/host/real-host.ts'
import type { Host } from '../../src/host/host.ts'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import { signLab } from '../lab/podman/own-lab.ts'
import { removeLab } from '../lab/remove-lab.ts'
import { seedImage } from '../lab/seed.ts'
import { cleanEnv } from './clean-env.ts'

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
  /** Name that kina is called by, default `kina`. */
  readonly calledAs?: 'kina' | 'kind'
}

/** A machine with the stand-in for `container`, a home of its own and node images in the store. */
export interface Lab {
  readonly root: string
  readonly home: string
  readonly kubeconfig: string
  readonly env: Readonly<Record<string, string>>
  /** Runs kina to its end: the compiled binary, or in this process when coverage is counted. */
  kina(words: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Starts the compiled binary and leaves it running. */
  start(words: readonly string[], options?: RunOptions): Running
  /** Runs the stand-in itself. */
  container(words: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Every call of `container` so far, in order. */
  calls(): Promise<readonly (readonly string[])[]>
  forgetCalls(): Promise<void>
  remove(): Promise<void>
}

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
  /** Resolves when stderr matches. */
  saw(pattern: RegExp): Promise<void>
}

const repository = resolve(import.meta.dirname, '../..')
/** The compiled program under test. */
export const kinaBinary = process.env['KINA_BINARY'] ?? join(repository, 'dist/kina')
const container = join(repository, 'test/lab/container')

export interface LabOptions {
  /** References that are in the store from the beginning; their records are small files. */
  readonly images?: readonly string[]
  /** Folder below which the lab lives. */
  readonly below?: string
  readonly env?: Readonly<Record<string, string>>
  /** Settings that depend on the lab's folder. */
  readonly settle?: (root: string) => Promise<Readonly<Record<string, string>>>
}

/** Release, macOS and kernel that the whole run is about, where it is about one. */
function labOfTheRun(): Record<string, string> {
  const names = ['LAB_VERSION', 'LAB_MACOS', 'LAB_KERNEL']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

export async function makeLab({
  images = [defaultNodeImage],
  below = tmpdir(),
  env: more = {},
  settle = () => Promise.resolve({}),
}: LabOptions = {}): Promise<Lab> {
  const root = await mkdtemp(join(below, 'kina-lab-'))
  signLab(root)
  const home = join(root, 'home')
  await mkdir(home)
  const log = join(root, 'calls.jsonl')
  const kubeconfig = join(home, '.kube', 'config')
  const env = cleanEnv({
    HOME: home,
    KINA_CONTAINER: container,
    KINA_STATE_DIR: join(home, 'state'),
    KINA_LOG_DIR: join(home, 'logs'),
    LAB_ROOT: join(root, 'lab'),
    LAB_LOG: log,
    ...labOfTheRun(),
    ...more,
    ...(await settle(root)),
  })
  await mkdir(join(root, 'lab'))
  for (const image of images) await seedImage(join(root, 'lab'), image)
  const environment = (options: RunOptions): Record<string, string> => ({ ...env, ...options.env })

  const start = (file: string, words: readonly string[], options: RunOptions = {}): Running => {
    const child = spawn(file, [...words], {
      env: environment(options),
      cwd: options.cwd ?? home,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      ...(options.calledAs === undefined ? {} : { argv0: options.calledAs }),
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
    let stdout = ''
    let stderr = ''
    const waiting = new Set<() => void>()
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      for (const look of waiting) look()
    })
    const ended = new Promise<Outcome>((done, fail) => {
      child.once('error', fail)
      child.once('close', (code, signal) =>
        done({ exitCode: code ?? (signal === 'SIGKILL' ? 137 : 128), stdout, stderr }),
      )
    })
    const saw = (pattern: RegExp): Promise<void> =>
      new Promise((done, fail) => {
        const look = (): void => {
          if (!pattern.test(stderr)) return
          waiting.delete(look)
          done()
        }
        waiting.add(look)
        look()
        void ended.then(() => fail(new Error(`Ended without ${String(pattern)}:\n${stderr}`)))
      })
    return { child, ended, saw }
  }

  return {
    root,
    home,
    kubeconfig,
    env,
    kina: (words, options = {}) =>
      process.env['KINA_IN_PROCESS'] === '1'
        ? inProcess(words, environment(options), options, home)
        : start(kinaBinary, words, options).ended,
    start: (words, options) => start(kinaBinary, words, options),
    container: (words, options) => start(container, words, options).ended,
    async calls() {
      const text = await readFile(log, 'utf8').catch(() => '')
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as string[])
    },
    forgetCalls: () => writeFile(log, ''),
    remove: async () => {
      await removeLab(join(root, 'lab'))
      const { rm } = await import('node:fs/promises')
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** The same command line through `runCli`, with streams that are kept; for counting coverage. */
async function inProcess(
  words: readonly string[],
  env: Record<string, string>,
  options: RunOptions,
  home: string,
): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const real = createHost(env)
  const host: Host = Object.assign(real, {
    platform: { ...real.platform, home, cwd: options.cwd ?? home, calledAs: options.calledAs ?? 'kina' },
    files: { ...real.files, readStdin: () => Promise.resolve(options.input ?? '') },
    terminal: {
      stdinIsTerminal: false,
      stdoutIsTerminal: false,
      stderrIsTerminal: false,
      columns: 80,
      writeStdout: (text: string) => void (stdout += text),
      writeStderr: (text: string) => void (stderr += text),
    },
  })
  const exitCode = await runCli(words, host, new AbortController().signal)
  return { exitCode, stdout, stderr }
}

/** The events of a run with `--log-format json`. */
export function eventsOf({ stderr }: Outcome): readonly Event[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Event)
}
