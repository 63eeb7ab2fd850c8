import { readFile, writeFile } from 'node:fs/promises'
import { cpus, release, totalmem, type } from 'node:os'
import process from 'node:process'

const path = 'docs/benchmarks.md'

const head = `# Benchmarks

Written by \`npm run bench\` and \`npm run bench:kind\`; do not edit. Only ratios mean something elsewhere: what is compared runs in
turns in one run on one machine.
`

/** Sections in their order. */
const sections = ['Start', 'Against kind', 'Loading images, against kind', 'From prepared disks, against kind'] as const

/** Writes one section of the page and leaves the others as they are. */
export async function writeSection(name: (typeof sections)[number], text: string): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => '')
  const parts = sections.map((section) => {
    if (section === name) return `## ${name}\n\n${text.trim()}\n`
    const [, own] = new RegExp(`^(## ${section}\\n[\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(before) ?? []
    return own?.trimEnd().concat('\n') ?? ''
  })
  await writeFile(path, [head, ...parts.filter(Boolean)].join('\n'))
}

/** The machine that figures were measured on. */
export function machine(): string {
  const [cpu] = cpus()
  const day = new Date().toISOString().slice(0, 10)
  return `Measured on ${day}: ${type()} ${release()}, ${process.arch}, ${cpus().length} CPUs (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 1024 ** 3)} GiB; **not a Mac**.`
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2
}
