import { loaded, type BenchImages } from './load-images.ts'
import { nodesOf, type Tool } from './tools.ts'
import { watch } from './watch-process.ts'

/** Seconds of each load into all nodes, and the most memory of the tool in any of them, bytes. */
export interface LoadMeasured {
  /** An archive whose layers no node has. */
  readonly fresh: number
  /** The same archive once more. */
  readonly again: number
  /** An archive with one small layer that is new. */
  readonly rebuilt: number
  /** From where images are that were built on this machine; no node has any of its layers. */
  readonly stored: number
  readonly peak: number
}

export interface LoadRound {
  readonly kind: LoadMeasured
  readonly kina: LoadMeasured
}

/** As the kubelet's side of containerd tells of it. */
interface NodeImage {
  readonly id: string
  readonly repoTags: readonly string[]
}

/** A tool whose load did not succeed, with what it said. */
export class FailedLoad extends Error {
  readonly tool: Tool['name']
  constructor(tool: Tool['name'], cause: unknown) {
    super(`a load by ${tool} failed`, { cause })
    this.tool = tool
  }
}

/**
 * The loads of one round into a cluster that is there. Afterwards its nodes have nothing of them.
 * @throws FailedLoad
 */
export async function measureLoads(tool: Tool, nodes: number, images: BenchImages): Promise<LoadMeasured> {
  let peak = 0
  const imagesOf = async (node: string): Promise<readonly NodeImage[]> => {
    const { stdout } = await watch(tool.inNode(node, 'crictl', 'images', '--output=json'), tool.env)
    return (JSON.parse(stdout) as { images: readonly NodeImage[] }).images
  }
  const load = async (...commands: readonly (readonly string[])[]): Promise<number> => {
    const started = performance.now()
    for (const command of commands) {
      const watched = await watch(command, tool.env).catch((error: unknown) => {
        throw new FailedLoad(tool.name, error)
      })
      peak = Math.max(peak, watched.peakBytes)
    }
    const seconds = (performance.now() - started) / 1000
    for (const node of nodesOf(nodes)) {
      if (!(await imagesOf(node)).some(({ repoTags }) => repoTags.includes(loaded)))
        throw new Error(`${tool.name} has not loaded ${loaded} into ${node}`)
    }
    return seconds
  }
  /** Also the one that had the name before: it has lost it, and would keep its layers there. */
  const forget = async (): Promise<void> => {
    for (const node of nodesOf(nodes)) {
      const its = (await imagesOf(node)).filter(({ repoTags }) => repoTags.length === 0 || repoTags.includes(loaded))
      await watch(tool.inNode(node, 'crictl', 'rmi', ...its.map(({ id }) => id)), tool.env)
    }
  }
  const archived = (path: string): readonly string[] => [...tool.load, 'image-archive', path]
  const fresh = await load(archived(images.first))
  const again = await load(archived(images.first))
  const rebuilt = await load(archived(images.rebuilt))
  await forget()
  const removeStored = await tool.stored(images.forStore)
  // A round that is measured once more finds the place empty.
  const stored = await load(...tool.loadStored).finally(removeStored)
  await forget()
  return { fresh, again, rebuilt, stored, peak }
}
