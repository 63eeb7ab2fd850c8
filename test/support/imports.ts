import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** Texts of source files by their path from the folder that was read: `cluster/steps/boot-node.ts`. */
export type Sources = ReadonlyMap<string, string>

interface Import {
  readonly from: string
  /** A path among the sources, or the name of a package. */
  readonly to: string
  readonly isPackage: boolean
}

/** What the files of a folder, or one file, may import: folders, single files (`errors.ts`) and packages. */
interface Layer {
  readonly may: readonly string[]
  readonly packages?: readonly string[]
}

export type Layers = Readonly<Record<string, Layer>>

export function readSources(
  folder: string,
  isWanted: (path: string) => boolean = (path) => path.endsWith('.ts'),
): Sources {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter(isWanted)
    .toSorted()
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

/** Every static, re-exporting, bare and dynamic import of a file; types too, since they bind as much to the eye. */
function importsOf(from: string, text: string): readonly Import[] {
  const pattern =
    /^\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm
  return [...text.matchAll(pattern)].map(([, named, bare, dynamic]) => {
    const name = named ?? bare ?? dynamic ?? ''
    const isPackage = !name.startsWith('.')
    return { from, to: isPackage ? name : posix.join(dirname(from), name), isPackage }
  })
}

function allImports(sources: Sources): readonly Import[] {
  return [...sources].flatMap(([path, text]) => importsOf(path, text))
}

/** The folder right below the root that holds the file, or the file itself where it lies at the root. */
function layerOf(path: string): string {
  return path.split('/')[0] ?? path
}

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Imports that the table does not allow, as `a/b.ts -> c/d.ts`. A layer that has no row may import nothing. */
export function wrongArrows(sources: Sources, layers: Layers): readonly string[] {
  return allImports(sources)
    .filter(({ from, to, isPackage }) => {
      const { may = [], packages = [] } = layers[layerOf(from)] ?? {}
      if (isPackage) return !to.startsWith('node:') && !packages.includes(packageOf(to))
      return !sources.has(to) && !isText(to)
        ? true
        : layerOf(from) !== layerOf(to) && !may.includes(layerOf(to)) && !may.includes(to)
    })
    .map(({ from, to }) => `${from} -> ${to}`)
}

function isText(path: string): boolean {
  return /\.(sh|zsh|fish|yaml|json)$/.test(path)
}

/** Circles of imports between files and between layers, each as `a -> b -> a`. */
export function cycles(sources: Sources): readonly string[] {
  const files = new Map<string, Set<string>>()
  const layers = new Map<string, Set<string>>()
  for (const { from, to, isPackage } of allImports(sources)) {
    if (isPackage) continue
    addArrow(files, from, to)
    if (layerOf(from) !== layerOf(to)) addArrow(layers, layerOf(from), layerOf(to))
  }
  return [...circlesIn(files), ...circlesIn(layers)]
}

function addArrow(graph: Map<string, Set<string>>, from: string, to: string): void {
  const targets = graph.get(from) ?? new Set()
  graph.set(from, targets.add(to))
}

function circlesIn(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const found: string[] = []
  const done = new Set<string>()
  const walk = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node)
    if (start >= 0) {
      found.push([...path.slice(start), node].join(' -> '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return found
}

/** Names that files take from a module, as `file: name`; `*` and a default import count as what they are. */
export function namesTakenFrom(module: string, sources: Sources): readonly string[] {
  const pattern = new RegExp(`^\\s*(?:import|export)\\s+([^'"]*?)\\s+from\\s*['"]${module}['"]`, 'gm')
  return [...sources].flatMap(([path, text]) =>
    [...text.matchAll(pattern)].flatMap(([, clause = '']) =>
      clause
        .replace(/[{}]/g, ',')
        .split(',')
        .map((name) => name.replace(/\btype\b|\bas\b.*/g, '').trim())
        .filter(Boolean)
        .map((name) => `${path}: ${name}`),
    ),
  )
}

/** Uses of globals that only one runtime has, as `file:line: text`; comments do not count. */
export function runtimeGlobals(sources: Sources): readonly string[] {
  return [...sources].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => {
      const code = line.replace(/^\s*(?:\/?\*|\/\/).*$/, '')
      return /(?<![\w.'"$-])(?:globalThis\??\.)?(?:Bun|Deno)\b\s*(?:\?\.|\.|\[)/.test(code)
        ? [`${path}:${index + 1}: ${line.trim()}`]
        : []
    }),
  )
}
