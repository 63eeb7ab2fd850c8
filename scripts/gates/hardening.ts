import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Gate, Tools } from './gate.ts'

/**
 * A binary made by bun takes `.env` and `bunfig.toml` from where it is run, and BUN_OPTIONS: foreign code by `cd repository`.
 * The build turns that off. The same traps are laid for a program built without those flags, which must fall into them: a trap
 * that catches nothing proves nothing.
 */
export const hardening: Gate = {
  name: 'the binary loads nothing from the folder it is run in',
  seconds: 120,
  async run(tools) {
    const folder = await mkdtemp(join(tmpdir(), 'kina-hardening-'))
    try {
      const problems = [...(await trapsThatMiss(tools, folder)), ...(await trapsThatCatchKina(tools, folder))]
      return { passed: problems.length === 0 ? 1 : 0, failed: problems.length, output: problems.join('\n') }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

const clusterName = 'from-the-dotenv-file'

async function layTraps(folder: string): Promise<{ readonly caught: () => Promise<boolean> }> {
  const mark = join(folder, 'caught')
  await writeFile(join(folder, '.env'), `KINA_CLUSTER_NAME=${clusterName}\n`)
  await writeFile(join(folder, 'trap.ts'), `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')\n`)
  return {
    caught: async () => {
      const was = existsSync(mark)
      await rm(mark, { force: true })
      return was
    },
  }
}

const preloads = { bunfig: 'preload = ["./trap.ts"]\n', options: '--preload ./trap.ts' }

async function trapsThatMiss({ command }: Tools, folder: string): Promise<readonly string[]> {
  const { caught } = await layTraps(folder)
  const open = join(folder, 'open')
  await writeFile(join(folder, 'open.ts'), 'console.log(process.env.KINA_CLUSTER_NAME)\n')
  const built = await command([resolve('node_modules/.bin/bun'), 'build', '--compile', 'open.ts', '--outfile', open], {
    cwd: folder,
  })
  if (built.exitCode !== 0) return [built.output]
  const problems: string[] = []
  const dotenv = await command([open], { cwd: folder })
  if (!dotenv.output.includes(clusterName)) problems.push(`the trap .env caught nothing: ${dotenv.output}`)
  await command([open], { cwd: folder, env: { BUN_OPTIONS: preloads.options } })
  if (!(await caught())) problems.push('the trap BUN_OPTIONS caught nothing')
  await writeFile(join(folder, 'bunfig.toml'), preloads.bunfig)
  await command([open], { cwd: folder })
  if (!(await caught())) problems.push('the trap bunfig.toml caught nothing')
  return problems
}

async function trapsThatCatchKina({ command }: Tools, folder: string): Promise<readonly string[]> {
  const { caught } = await layTraps(folder)
  await writeFile(join(folder, 'bunfig.toml'), preloads.bunfig)
  const kina = resolve('dist/kina')
  const problems: string[] = []
  const plan = await command([kina, 'create', 'cluster', '--plan'], { cwd: folder })
  if (plan.exitCode !== 0 || !plan.output.includes('name: kina')) problems.push(`--plan did not work: ${plan.output}`)
  if (plan.output.includes(clusterName)) problems.push('kina read .env')
  if (await caught()) problems.push('kina ran the preload of bunfig.toml')
  const version = await command([kina, 'version'], { cwd: folder, env: { BUN_OPTIONS: preloads.options } })
  if (await caught()) problems.push('kina ran the preload of BUN_OPTIONS')
  if (version.exitCode === 0) problems.push('kina did not refuse BUN_OPTIONS --preload')
  return problems
}
