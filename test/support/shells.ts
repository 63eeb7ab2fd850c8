import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import process from 'node:process'

/** A real shell: on the PATH, or out of Debian's packages, unpacked beside the repository without being installed. */
export interface Shell {
  readonly program: string
  /** Folder that the packages were unpacked into, undefined for one on the PATH. */
  readonly root: string | undefined
  readonly env: Readonly<Record<string, string>>
}

const packages = { zsh: ['zsh', 'zsh-common'], fish: ['fish', 'fish-common', 'libpcre2-32-0'] } as const

/** @throws when it is neither on the PATH nor to be had from apt-get. */
export function findShell(name: keyof typeof packages | 'bash'): Shell {
  const found = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name))
  const program = found.find((path) => existsSync(path))
  if (program !== undefined || name === 'bash') return { program: program ?? 'bash', root: undefined, env: {} }
  const root = resolve(import.meta.dirname, '../../.cache/shells', name)
  if (!existsSync(root)) unpack(packages[name], root)
  const libraries = readdirSync(join(root, 'usr/lib')).map((folder) => join(root, 'usr/lib', folder))
  const inside = [`bin/${name}`, `usr/bin/${name}`].map((path) => join(root, path)).find((path) => existsSync(path))
  return { program: inside ?? name, root, env: { LD_LIBRARY_PATH: libraries.join(':') } }
}

function unpack(names: readonly string[], root: string): void {
  mkdirSync(resolve(root, '..'), { recursive: true })
  const folder = mkdtempSync(`${root}-`)
  const download = (): unknown => execFileSync('apt-get', ['download', ...names], { cwd: folder, stdio: 'pipe' })
  try {
    download()
  } catch {
    // Its lists of packages may be missing, or old.
    execFileSync('apt-get', ['update'], { stdio: 'pipe' })
    download()
  }
  for (const file of readdirSync(folder).filter((its) => its.endsWith('.deb')))
    execFileSync('dpkg', ['-x', file, 'root'], { cwd: folder })
  renameSync(join(folder, 'root'), root)
  rmSync(folder, { recursive: true })
}

export interface Typing {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** Types into an interactive shell on a terminal, line by line; resolves with what stands between `[` and `]` after each. */
export async function typeInto(
  argv: readonly string[],
  keys: readonly string[],
  { env, cwd }: Typing,
): Promise<readonly string[]> {
  const command = argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  const child = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], { env, cwd })
  let text = ''
  let look = (): void => undefined
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    look()
  })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const next = (): Promise<string> =>
    new Promise((done, fail) => {
      void ended.then(() => fail(new Error(`the shell ended:\n${text}`)))
      look = () => {
        // Bare lines alone: a terminal echoes what is typed, and a shell may redraw it.
        const [all, answer] = /\[\[(.*?)\]\]/s.exec(text) ?? []
        if (all === undefined || answer === undefined) return
        text = text.slice(text.indexOf(all) + all.length)
        done(answer)
      }
      look()
    })
  const answers: string[] = []
  // The first answer says that the shell is ready: what is typed before is echoed, and lost when the line editor starts.
  await next()
  for (const key of keys) {
    child.stdin.write(key)
    answers.push(await next())
  }
  child.kill('SIGKILL')
  await ended
  return answers
}
