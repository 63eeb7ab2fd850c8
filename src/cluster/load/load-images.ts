import type { AppleContainer } from '../../apple-container/apple-container.ts'
import { KinaError } from '../../errors.ts'
import { holdImages, importImages, tagImages } from '../../guest/programs.ts'
import type { Image } from '../../images/image.ts'
import type { Kina } from '../kina.ts'
import { reliedOn, workFor, type Work } from './compare.ts'
import { imagesIn, type NodeImages } from './node-images.ts'
import { nodeStream } from './node-stream.ts'
import { layersToSend, send, type Delivery } from './send.ts'

export interface Loading {
  readonly kina: Kina
  readonly apple: AppleContainer
  readonly nodes: readonly string[]
  /** `linux/arm64`, of all nodes. */
  readonly platform: string
}

/** What was done. */
export interface Loaded {
  /** Nodes by what was done in them, for each image in the order given. */
  readonly works: readonly ReadonlyMap<string, Work['kind']>[]
  /** Bytes of layers that were read and sent. */
  readonly bytes: number
}

/**
 * Brings images into nodes, moving only layers that a node lacks.
 * @param before what the nodes have, where that was asked a moment ago.
 * @throws KinaError `node-command-failed`, `image-invalid`, `timed-out`.
 */
export async function loadImages(
  loading: Loading,
  images: readonly Image[],
  before?: readonly NodeImages[],
): Promise<Loaded> {
  const { kina, apple, nodes } = loading
  const named = images.map(withName)
  const there = before ?? (await Promise.all(nodes.map((node) => imagesIn(kina, apple, node))))
  const works = named.map((image) => new Map(there.map((node) => [node.node, workFor(image, node)] as const)))
  await Promise.all(
    there.map(({ node }) =>
      tag(
        loading,
        node,
        works.map((its) => its.get(node)),
      ),
    ),
  )
  const parcels = await Promise.all(
    there.map((node) =>
      prepare(
        loading,
        node,
        named.filter((_, at) => works[at]?.get(node.node)?.kind === 'import'),
      ),
    ),
  )
  const bytes = await deliver(
    loading,
    parcels.filter((its) => its !== undefined),
  )
  return { works: works.map((its) => new Map([...its].map(([node, { kind }]) => [node, kind]))), bytes }
}

/** An image without a name is one all the same, and its digest tells it from others. */
function withName(image: Image): Image {
  return image.names.length > 0 ? image : { ...image, names: [`docker.io/library/import@${image.manifest.digest}`] }
}

/** @throws KinaError `node-command-failed`. */
export async function tag(
  { kina, apple }: Pick<Loading, 'kina' | 'apple'>,
  node: string,
  works: readonly (Work | undefined)[],
): Promise<void> {
  const pairs = works.flatMap((work) => (work?.kind === 'tag' ? work.names.flatMap((name) => [work.from, name]) : []))
  if (pairs.length > 0) await inNode(kina, apple, node, tagImages, pairs, 'name images')
}

interface Parcel {
  readonly node: NodeImages
  readonly images: readonly Image[]
  readonly missing: ReadonlySet<string>
  readonly hold: string | undefined
}

/** What is relied on is held first, and looked at again: what is there then stays. */
async function prepare(
  { kina, apple }: Loading,
  node: NodeImages,
  images: readonly Image[],
): Promise<Parcel | undefined> {
  if (images.length === 0) return undefined
  const lines = [...new Set(images.flatMap((image) => reliedOn(image, node)))]
  let held = node
  let hold: string | undefined
  if (lines.length > 0) {
    const now = Math.floor(kina.host.clock.date().getTime() / 1000)
    const args = [node.snapshotter, String(now)]
    hold = (await inNode(kina, apple, node.node, holdImages, args, 'hold layers', `${lines.join('\n')}\n`)).trim()
    held = await imagesIn(kina, apple, node.node)
  }
  const missing = images.flatMap((image) => {
    const work = workFor(image, held)
    return work.kind === 'import' ? work.missing.map(({ digest }) => digest) : []
  })
  return { node: held, images, missing: new Set(missing), hold }
}

async function deliver({ kina, apple, platform }: Loading, parcels: readonly Parcel[]): Promise<number> {
  if (parcels.length === 0) return 0
  const { deadlines, report, host } = kina
  const deadline = AbortSignal.timeout(deadlines.loadImages)
  const deliveries = parcels.map(({ node, images, missing, hold }): Delivery => {
    const args = [node.snapshotter, ...(hold === undefined ? [] : [hold])]
    const child = apple.openExec(node.node, ['bash', '-c', importImages.text, importImages.name, ...args])
    return { stream: nodeStream(node.node, child), images, missing }
  })
  const total = layersToSend(deliveries).reduce((sum, { size }) => sum + size, 0)
  const names = [...new Set(parcels.flatMap(({ images }) => images.flatMap((image) => image.names)))]
  const what = `load ${names[0] ?? ''}${names.length > 1 ? ` and ${names.length - 1} more` : ''}`
  let done = 0
  let toldAt = Number.NEGATIVE_INFINITY
  const tell = (): void => {
    if (done < total && host.clock.now() - toldAt < progressEveryMs) return
    toldAt = host.clock.now()
    report({ kind: 'progress', what, done, total })
  }
  try {
    await send(deliveries, {
      platform,
      signal: AbortSignal.any([kina.signal, deadline]),
      onBytes(bytes) {
        done += bytes
        tell()
      },
    })
  } catch (error) {
    if (!deadline.aborted || kina.signal.aborted) throw error
    throw new KinaError('timed-out', `Cannot load images: it took longer than ${deadlines.loadImages / 1000} s`, {
      hint: 'On a slow machine, multiply every deadline: KINA_TIMEOUT_SCALE=3',
      cause: error,
    })
  }
  return total
}

/** Between two reports; people read no faster. */
const progressEveryMs = 200

async function inNode(
  kina: Kina,
  apple: AppleContainer,
  node: string,
  program: { readonly name: string; readonly text: string },
  args: readonly string[],
  does: string,
  stdin?: string,
): Promise<string> {
  const { exitCode, stdout, stderr } = await apple.exec(node, ['bash', '-c', program.text, program.name, ...args], {
    within: kina.deadlines.lookAtImages,
    signal: kina.signal,
    ...(stdin === undefined ? {} : { stdin }),
  })
  if (exitCode === 0) return stdout
  throw new KinaError('node-command-failed', `Cannot ${does} in "${node}"`, {
    seen: stderr.trim().split('\n').slice(-5),
    hint: `See the log of containerd there: kina exec ${node} -- journalctl --unit=containerd`,
  })
}
