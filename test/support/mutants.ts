/** Mutants of shell programs: each has one command or one path deleted or misspelled, or two statements swapped. */
import { forEachChild, parse, type Statement, type SyntaxNode } from 'unbash'

export interface Mutant {
  /** `delete "echo" (2)`: the second of its like. Lines elsewhere do not change it. */
  readonly name: string
  readonly text: string
}

/** A piece of a program, from its first character to the one behind its last. */
interface Piece {
  readonly pos: number
  readonly end: number
}

/** @throws Error for a text that is no program of bash. */
export function mutantsOf(text: string): readonly Mutant[] {
  const script = parse(text)
  const [error] = script.errors ?? []
  if (error) throw new Error(`no program of bash: ${error.message} at ${error.pos}`)
  const mutants: Mutant[] = []
  const counts = new Map<string, number>()
  const add = (what: string, { pos, end }: Piece, instead: string): void => {
    const count = (counts.get(what) ?? 0) + 1
    counts.set(what, count)
    mutants.push({
      name: count === 1 ? what : `${what} (${count})`,
      text: text.slice(0, pos) + instead + text.slice(end),
    })
  }
  const nodes = nodesBelow(script)
  for (const node of nodes) {
    // A program begins with `set`; test/unit/guest/programs.test.ts says with which.
    if (node.type !== 'Command' || node.name === undefined || node.name.text === 'set') continue
    add(`delete ${quoted(node.name.text)}`, node, ':')
    add(`misspell ${quoted(node.name.text)}`, node.name, `${node.name.text}x`)
  }
  for (const { path, ...piece } of pathsIn(text, nodes)) {
    add(`delete ${path}`, piece, '')
    add(`misspell ${path}`, piece, `${path}x`)
  }
  for (const [first, second] of nodes.flatMap(neighboursIn)) {
    const [one, between, other] = [
      text.slice(first.pos, first.end),
      text.slice(first.end, second.pos),
      text.slice(second.pos, second.end),
    ]
    const [line = ''] = one.split('\n')
    add(`swap ${quoted(line)} with the next`, { pos: first.pos, end: second.end }, other + between + one)
  }
  return mutants
}

function quoted(text: string): string {
  return text.startsWith('"') ? text : `"${text}"`
}

/** All nodes of a program, also in `$( )` and in functions, in the order in which they begin. */
function nodesBelow(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = []
  const visit = (inner: SyntaxNode): void => {
    found.push(inner)
    forEachChild(inner, visit)
  }
  visit(node)
  return found.toSorted((a, b) => a.pos - b.pos)
}

/** Absolute paths in words; where output goes to be lost or shown is no path of the node. */
function pathsIn(text: string, nodes: readonly SyntaxNode[]): readonly (Piece & { readonly path: string })[] {
  const found = new Map<number, Piece & { readonly path: string }>()
  for (const word of nodes.filter(({ type }) => type === 'Word')) {
    // Behind a letter or a variable it goes on with a path or a name; before a backslash it is a pattern of awk.
    const paths = text
      .slice(word.pos, word.end)
      .matchAll(/(?<![\w.)}*%-])\/[\w@*][\w@.*{}-]*(?:\/[\w@.*{}-]+)*(?![\\\w])/g)
    for (const { index, 0: path } of paths) {
      const pos = word.pos + index
      if (!path.startsWith('/dev/')) found.set(pos, { pos, end: pos + path.length, path })
    }
  }
  return [...found.values()].toSorted((a, b) => a.pos - b.pos)
}

/** Neighbours in one block that both do something: the place of what only tells the shell how to go on, or a name, is no matter. */
function neighboursIn(node: SyntaxNode): readonly (readonly [Statement, Statement])[] {
  if (node.type !== 'Script' && node.type !== 'CompoundList') return []
  return node.commands
    .slice(1)
    .map((second, index) => [node.commands[index] as Statement, second] as const)
    .filter((both) => both.every(({ command }) => doesSomething(command)))
}

const settings = ['set', 'export', 'readonly', 'local', 'trap']

function doesSomething(node: SyntaxNode): boolean {
  if (node.type !== 'Command') return node.type !== 'Function'
  return node.name !== undefined && !settings.includes(node.name.text)
}
