/**
 * Measures kina against the real kind on podman, with the same node image on the same machine, in turns, and writes a section of
 * docs/benchmarks.md. Linux and root, after `scripts/lab up`, and nothing else at work.
 * Options: --rounds N (default 5), --warm-up N (rounds before those, default 1), --dry-run (print, write nothing).
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { buildNodeImage, kubectlOf } from '../test/lab/node-image/build.ts'
import { podman } from '../test/lab/podman/run.ts'
import { kindRelease } from '../test/support/real-kind.ts'
import type { Round } from './bench/measures.ts'
import { readOptions } from './bench/options.ts'
import { machine, writeSection } from './bench/page.ts'
import { benchSection } from './bench/report.ts'
import { measureBareDelete, measureTool } from './bench/round.ts'
import { makeTools, type Tools } from './bench/tools.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const { rounds, warmUp, isDryRun } = readOptions(process.argv.slice(2))
const kubernetes = '1.37'

/** @param index even: kind first; neither always finds what the other has warmed. */
async function measureRound(tools: Tools, nodes: number, index: number, kubectl: string): Promise<Round> {
  const [first, second] = index % 2 === 0 ? [tools.kind, tools.kina] : [tools.kina, tools.kind]
  const its = await measureTool(first, nodes, kubectl)
  const other = await measureTool(second, nodes, kubectl)
  const bareDelete = await measureBareDelete(tools, nodes)
  return first === tools.kind ? { kind: its, kina: other, bareDelete } : { kind: other, kina: its, bareDelete }
}

await $({ quiet: true })`node_modules/.bin/bun scripts/build.ts --host-only`
const kubectl = await kubectlOf(kubernetes)
let tools: Tools | undefined
try {
  tools = await makeTools(await buildNodeImage(kubernetes))
  const results = new Map<number, readonly Round[]>()
  for (const nodes of [1, 3]) {
    const measured: Round[] = []
    for (let index = -warmUp; index < rounds; index++) {
      const round = await measureRound(tools, nodes, index, kubectl)
      console.error(`${nodes} nodes, ${index < 0 ? 'to warm up' : `round ${index + 1}`}: ${JSON.stringify(round)}`)
      if (index >= 0) measured.push(round)
    }
    results.set(nodes, measured)
  }
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
  const text = benchSection(results, {
    machine: machine(),
    versions: [
      `kind ${kindRelease} on ${(await podman('--version')).trim()}, kina ${version}, both with the lab's node image of Kubernetes ${kubernetes}.`,
    ],
    rounds,
    warmUp,
  })
  if (!isDryRun) await writeSection('Against kind', text)
  console.log(text)
} finally {
  for (const tool of tools ? [tools.kind, tools.kina] : [])
    await $({ nothrow: true, quiet: true, env: tool.env })`${tool.remove}`
  await tools?.remove()
}
