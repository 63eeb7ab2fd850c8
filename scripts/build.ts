/**
 * Builds kina: `dist/kina` for this machine and `dist/kina-darwin-arm64`. Options: --host-only; --check-reproducible builds the
 * Mac binary twice and compares. The runtime for the Mac is verified against the lock file before it is used.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { verifyMachO } from './verify-macho.ts'

const root = resolve(import.meta.dirname, '..')
process.chdir(root)
const bun = resolve('node_modules/.bin/bun')
const quiet = $({ quiet: true })

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string } | undefined>>
}

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
const commit = await gitCommit()

/** @param executable runtime to compile into; this machine's own without it. */
async function compile(outfile: string, executable?: string): Promise<void> {
  const target =
    executable === undefined ? [] : ['--target=bun-darwin-arm64', `--compile-executable-path=${executable}`]
  // Built beside its place and moved onto a new inode: macOS remembers the signature of an inode. The name is part of the bytes.
  const folder = await mkdtemp(join(tmpdir(), 'kina-build-'))
  const built = join(folder, basename(outfile))
  try {
    await quiet`${bun} build --compile ${target} --minify --keep-names --bytecode --format=esm --splitting --sourcemap=linked --reject-unresolved --no-compile-autoload-dotenv --no-compile-autoload-bunfig --compile-exec-argv=--disallow-code-generation-from-strings=strict --compile-jit-policy=8 --define ${`KINA_VERSION="${version}"`} --define ${`KINA_COMMIT="${commit}"`} --define ${'process.env.NODE_ENV="production"'} src/main.ts --outfile ${built}`
    await mkdir(join(root, 'dist'), { recursive: true })
    await copyFile(built, `${outfile}.new`)
    await rename(`${outfile}.new`, outfile)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function gitCommit(): Promise<string> {
  const head = await quiet`git rev-parse --short=12 HEAD`.nothrow()
  if (head.exitCode !== 0) return 'unknown'
  const changed = await quiet`git status --porcelain --untracked-files=no`.nothrow()
  return `${head.stdout.trim()}${changed.stdout.trim() === '' ? '' : '-dirty'}`
}

/** bun's runtime for a Mac, as the lock file pins it: what bun would download by itself is tied to nothing. */
async function darwinRuntime(): Promise<string> {
  const name = '@oven/bun-darwin-aarch64'
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as Lock
  const pinned = lock.packages[`node_modules/${name}`]
  if (!pinned?.version || !pinned.integrity) throw new Error(`package-lock.json does not pin ${name}`)
  const cache = resolve('node_modules/.cache/kina', `bun-darwin-aarch64-${pinned.version}`)
  const binary = join(cache, 'package/bin/bun')
  const marker = join(cache, 'verified')
  if ((await readFile(marker, 'utf8').catch(() => '')) === pinned.integrity) return binary
  await rm(cache, { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
  await $({ quiet: true, cwd: cache })`npm pack ${`${name}@${pinned.version}`}`
  const archive = (await readdir(cache)).find((file) => file.endsWith('.tgz'))
  if (archive === undefined) throw new Error(`npm pack ${name} left no archive`)
  const digest = `sha512-${createHash('sha512')
    .update(await readFile(join(cache, archive)))
    .digest('base64')}`
  if (digest !== pinned.integrity)
    throw new Error(`${name}@${pinned.version} is ${digest}, the lock file has ${pinned.integrity}`)
  await $({ quiet: true, cwd: cache })`tar -xzf ${archive}`
  await writeFile(marker, pinned.integrity)
  return binary
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

await compile(resolve('dist/kina'))
const said = await quiet`dist/kina version`
console.log(`dist/kina: ${said.stdout.trim()}`)
if (!process.argv.includes('--host-only')) {
  const runtime = await darwinRuntime()
  const outfile = resolve('dist/kina-darwin-arm64')
  await compile(outfile, runtime)
  const { pages } = verifyMachO(await readFile(outfile))
  console.log(`dist/kina-darwin-arm64: ${pages} page hashes match, sha256 ${await sha256(outfile)}`)
  if (process.argv.includes('--check-reproducible')) {
    const before = await sha256(outfile)
    await compile(outfile, runtime)
    if ((await sha256(outfile)) !== before) throw new Error('Two builds of the same source differ')
    console.log('A second build has the same bytes')
  }
}
