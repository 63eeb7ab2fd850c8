import { mkdtemp, readdir, readFile, rm, writeFile, cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { cached, digestOf } from './cache.ts'
import { goProgram } from './go-toolchain.ts'

const quiet = $({ quiet: true, stdio: ['ignore', 'pipe', 'pipe'] })

/** Programs of one Go module. */
export interface GoPrograms {
  readonly name: string
  readonly module: string
  readonly version: string
  /** Modules of the same version that hold some of the packages. */
  readonly siblings?: readonly string[]
  /** Import paths; the last part of each is the program's name. */
  readonly packages: readonly string[]
  /** `-X` settings of the linker. */
  readonly variables?: Readonly<Record<string, string>>
}

const flags = ['-trimpath', '-mod=mod', '-buildvcs=false']

/** @returns a folder with the programs, statically linked. */
export async function buildGoPrograms(programs: GoPrograms): Promise<string> {
  const { name, module, version, siblings = [], packages, variables = {} } = programs
  const goVersion = (await quiet`${await goProgram()} version`).stdout
  const key = digestOf(JSON.stringify(programs), goVersion, flags.join(' '))
  return await cached(`go-${name}`, key, async (folder) => {
    const work = await mkdtemp(join(tmpdir(), 'kina-lab-go-'))
    try {
      const go = $({ quiet: true, cwd: work, env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' } })
      const replaced = await replacements(module, version)
      await writeFile(
        join(work, 'go.mod'),
        [
          'module lab',
          'go 1.26.0',
          ...[module, ...siblings].map((path) => `require ${path} ${version}`),
          ...replaced.map(([path, its]) => `replace ${path} => ${path} ${its}`),
          '',
        ].join('\n'),
      )
      const settings = Object.entries(variables).map(([path, value]) => `-X ${path}=${value}`)
      await go`${await goProgram()} build ${flags} -ldflags ${['-s -w', ...settings].join(' ')} -o ${folder}/ ${packages}`
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
}

/** A module whose go.mod replaces parts of it by folders (Kubernetes' staging) is built with the published versions of those parts. */
async function replacements(module: string, version: string): Promise<readonly (readonly [string, string])[]> {
  if (module !== 'k8s.io/kubernetes') return []
  const { stdout } = await quiet`${await goProgram()} mod download -json ${module}@${version}`
  const { GoMod } = JSON.parse(stdout) as { GoMod: string }
  const text = await readFile(GoMod, 'utf8')
  return [...text.matchAll(/^\s*(\S+) => \.\/staging\/\S+$/gm)].map(([, path = '']) => [
    path,
    version.replace(/^v1\./, 'v0.'),
  ])
}

/** The same for a module of this repository. */
export async function buildOwnGoProgram(name: string, source: string): Promise<string> {
  const files = (await readdir(source)).toSorted()
  const texts = await Promise.all(files.map((file) => readFile(join(source, file))))
  const goVersion = (await quiet`${await goProgram()} version`).stdout
  const key = digestOf(goVersion, ...files, ...texts)
  return await cached(`go-${name}`, key, async (folder) => {
    const work = await mkdtemp(join(tmpdir(), 'kina-lab-go-'))
    try {
      await cp(source, work, { recursive: true })
      const go = $({ quiet: true, cwd: work, env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' } })
      await go`${await goProgram()} build -trimpath -buildvcs=false -ldflags ${'-s -w'} -o ${folder}/${name} .`
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
}
