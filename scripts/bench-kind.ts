/**
 * Measures kina against the real kind on podman, with the same node image on the same machine, in turns, and writes a section of
 * docs/benchmarks.md. Linux and root, after `scripts/lab up`, and nothing else at work.
 * Options: --rounds N (default 5), --warm-up N (rounds before those, default 1), --dry-run (print, write nothing),
 * --only create|load|prepared (may be said again). Parts that make clusters share their rounds.
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
import { loadSection, type Loads } from './bench/load-report.ts'
import { FailedLoad, measureLoads, type LoadRound } from './bench/load-round.ts'
import type { Measured, Round } from './bench/measures.ts'
import { readOptions, type Part } from './bench/options.ts'
import { machine, writeSection } from './bench/page.ts'
import { benchSection, type Around, type Results } from './bench/report.ts'
import { fileFor, measureBareDelete, measureTool } from './bench/round.ts'
import { makeTools, type Tool, type Tools } from './bench/tools.ts'
import { trimLab } from './bench/trim-lab.ts'
import { watch } from './bench/watch-process.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const { rounds, warmUp, isDryRun, parts } = readOptions(process.argv.slice(2))
const kubernetes = '1.37'

/**
 * One after the other, every other time in the reverse order, so that none always finds what another has warmed.
 * @param index of the round.
 */
async function inTurns<T, const All extends readonly Tool[]>(
  index: number,
  tools: All,
  measure: (tool: Tool) => Promise<T>,
): Promise<{ readonly [At in keyof All]: T }> {
  const measured = new Map<Tool, T>()
  for (const tool of index % 2 === 0 ? tools : tools.toReversed()) measured.set(tool, await measure(tool))
  return tools.map((tool) => measured.get(tool)) as { readonly [At in keyof All]: T }
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

/**
 * Clusters of one node and of three, by kind and by kina in each of some ways.
 * @param ways `kina` or `prepared` of the tools.
 * @returns the rounds of each way, by number of nodes.
 */
async function measureCreates(tools: Tools, ways: readonly Tool[]): Promise<readonly Results[]> {
  const results = ways.map(() => new Map<number, Round[]>())
  for (const nodes of [1, 3]) {
    const measured = await repeat(`${nodes} nodes`, async (index): Promise<readonly Round[]> => {
      const measure = (tool: Tool): Promise<Measured> => measureTool(tool, nodes, kubectl)
      const [kind, ...kinas] = await inTurns(index, [tools.kind, ...ways], measure)
      const bareDelete = await measureBareDelete(tools, nodes)
      return kinas.map((kina) => ({ kind, kina, bareDelete }))
    })
    results.forEach((its, way) =>
      its.set(
        nodes,
        measured.flatMap((round) => round[way] ?? []),
      ),
    )
  }
  return results
}

/**
 * The loads of both tools into a cluster of each, kind first in every other round. A round in which a load fails, as one by
 * kind was seen to, is measured once more with new content.
 */
async function measureAllLoads(tools: Tools, nodes: number): Promise<Loads> {
  for (const tool of [tools.kind, tools.kina]) await watch(tool.create, tool.env, fileFor(nodes))
  const failed: Tool['name'][] = []
  const measureRound = async (index: number): Promise<LoadRound> => {
    const folder = await mkdtemp(join(tmpdir(), 'kina-bench-'))
    try {
      const images = await makeBenchImages(folder)
      const [kind, kina] = await inTurns(index, [tools.kind, tools.kina], (tool) => measureLoads(tool, nodes, images))
      return { kind, kina }
    } finally {
      await removeBenchImages(folder)
      await trimLab()
    }
  }
  const measured = await repeat('loads', (index) =>
    measureRound(index).catch(async (error: unknown) => {
      if (!(error instanceof FailedLoad)) throw error
      console.error('loads: measured once more:', error)
      failed.push(error.tool)
      return await measureRound(index)
    }),
  )
  return { rounds: measured, failed }
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
  const isWanted = (part: Part): boolean => parts.includes(part)
  const began = performance.now()
  if (isWanted('prepared')) await watch(tools.warm, tools.kina.env)
  const preparedIn = (performance.now() - began) / 1000
  const { kina, prepared } = tools
  const ways = [
    ...(isWanted('create') ? [{ tool: kina, section: 'Against kind', more: {} } as const] : []),
    ...(isWanted('prepared')
      ? [{ tool: prepared, section: 'From prepared disks, against kind', more: { preparedIn } } as const]
      : []),
  ]
  const results =
    ways.length > 0
      ? await measureCreates(
          tools,
          ways.map(({ tool }) => tool),
        )
      : []
  for (const [index, { section, more }] of ways.entries())
    await publish(section, benchSection(results[index] ?? new Map(), { ...around, ...more }))
  if (isWanted('load'))
    await publish('Loading images, against kind', loadSection(await measureAllLoads(tools, 3), 3, around))
} finally {
  for (const tool of tools ? [tools.kind, tools.kina] : [])
    await $({ nothrow: true, quiet: true, env: tool.env })`${tool.remove}`
  await tools?.remove()
}
