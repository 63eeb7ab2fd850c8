/**
 * Measures kina against the real kind on podman, with the same node image on the same machine, in turns, and writes a section of
 * docs/benchmarks.md. Linux and root, after `scripts/lab up`, and nothing else at work.
 * Options: --rounds N (default 5), --warm-up N (rounds before those, default 1), --dry-run (print, write nothing),
 * --only create|load|prepared.
 */
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { buildNodeImage, kubectlOf } from '../test/lab/node-image/build.ts'
import { podman } from '../test/lab/podman/run.ts'
import { kindRelease } from '../test/support/real-kind.ts'
import { makeBenchImages, removeBenchImages } from './bench/load-images.ts'
import { loadSection } from './bench/load-report.ts'
import { measureLoads, type LoadRound } from './bench/load-round.ts'
import type { Round } from './bench/measures.ts'
import { readOptions } from './bench/options.ts'
import { machine, writeSection } from './bench/page.ts'
import { benchSection, type Around } from './bench/report.ts'
import { fileFor, measureBareDelete, measureTool } from './bench/round.ts'
import { makeTools, type Tool, type Tools } from './bench/tools.ts'
import { watch } from './bench/watch-process.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const { rounds, warmUp, isDryRun, parts } = readOptions(process.argv.slice(2))
const kubernetes = '1.37'

/** Both, one after the other. @param index even: kind first; neither always finds what the other has warmed. */
async function inTurns<T>(
  index: number,
  [kind, kina]: readonly [Tool, Tool],
  measure: (tool: Tool) => Promise<T>,
): Promise<{ readonly kind: T; readonly kina: T }> {
  if (index % 2 === 0) return { kind: await measure(kind), kina: await measure(kina) }
  const its = await measure(kina)
  return { kind: await measure(kind), kina: its }
}

/** Rounds to warm up and then those that count. */
async function repeat<T>(what: string, measure: (index: number) => Promise<T>): Promise<readonly T[]> {
  const measured: T[] = []
  for (let index = -warmUp; index < rounds; index++) {
    const round = await measure(index)
    console.error(`${what}, ${index < 0 ? 'to warm up' : `round ${index + 1}`}: ${JSON.stringify(round)}`)
    if (index >= 0) measured.push(round)
  }
  return measured
}

/** Clusters of one node and of three. @param kina `kina` or `prepared` of the tools. */
async function measureCreates(tools: Tools, kina: Tool): Promise<ReadonlyMap<number, readonly Round[]>> {
  const results = new Map<number, readonly Round[]>()
  for (const nodes of [1, 3]) {
    const measured = await repeat(`${nodes} nodes`, async (index): Promise<Round> => {
      const both = await inTurns(index, [tools.kind, kina], (tool) => measureTool(tool, nodes, kubectl))
      return { ...both, bareDelete: await measureBareDelete(tools, nodes) }
    })
    results.set(nodes, measured)
  }
  return results
}

/** The loads of both tools into a cluster of each, kind first in every other round. */
async function measureAllLoads(tools: Tools, nodes: number): Promise<readonly LoadRound[]> {
  for (const tool of [tools.kind, tools.kina]) await watch(tool.create, tool.env, fileFor(nodes))
  return await repeat('loads', async (index) => {
    const folder = await mkdtemp(join(tmpdir(), 'kina-bench-'))
    try {
      const images = await makeBenchImages(folder)
      return await inTurns(index, [tools.kind, tools.kina], (tool) => measureLoads(tool, nodes, images))
    } finally {
      await removeBenchImages(folder)
    }
  })
}

async function publish(section: Parameters<typeof writeSection>[0], text: string): Promise<void> {
  if (!isDryRun) await writeSection(section, text)
  console.log(text)
}

await $({ quiet: true })`node_modules/.bin/bun scripts/build.ts --host-only`
const kubectl = await kubectlOf(kubernetes)
const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
let tools: Tools | undefined
try {
  tools = await makeTools(await buildNodeImage(kubernetes))
  const around: Around = {
    machine: machine(),
    versions: [
      `kind ${kindRelease} on ${(await podman('--version')).trim()}, kina ${version}, both with the lab's node image of Kubernetes ${kubernetes}.`,
    ],
    rounds,
    warmUp,
  }
  if (parts.includes('create'))
    await publish('Against kind', benchSection(await measureCreates(tools, tools.kina), around))
  if (parts.includes('load'))
    await publish('Loading images, against kind', loadSection(await measureAllLoads(tools, 3), 3, around))
  if (parts.includes('prepared')) {
    const began = performance.now()
    await watch(tools.warm, tools.kina.env)
    const preparedIn = (performance.now() - began) / 1000
    const results = await measureCreates(tools, tools.prepared)
    await publish('From prepared disks, against kind', benchSection(results, { ...around, preparedIn }))
  }
} finally {
  for (const tool of tools ? [tools.kind, tools.kina] : [])
    await $({ nothrow: true, quiet: true, env: tool.env })`${tool.remove}`
  await tools?.remove()
}
