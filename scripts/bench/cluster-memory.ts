import { readdirSync, readFileSync } from 'node:fs'

/**
 * Memory of everything that runs in nodes, bytes: the proportional set size (PSS) of each node's first process and of all its
 * descendants, so that a page which several of them share counts once.
 * @param inits process ids of the nodes' first processes.
 */
export function memoryBelow(inits: readonly number[]): number {
  const children = childrenByParent()
  let bytes = 0
  const waiting = [...inits]
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    bytes += pssOf(pid)
    waiting.push(...(children.get(pid) ?? []))
  }
  return bytes
}

function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = read(`/proc/${name}/stat`)
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  return children
}

function pssOf(pid: number): number {
  const [, kilobytes = '0'] = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? []
  return Number(kilobytes) * 1024
}

/** Processes come and go while they are read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
