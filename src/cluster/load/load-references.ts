import { storedName } from '../../apple-container/stored-name.ts'
import { invalidImage } from '../../images/invalid.ts'
import { connect } from '../connect.ts'
import { despiteDamage, type ImageCache } from '../image-cache.ts'
import type { Kina } from '../kina.ts'
import { cacheSource } from './cache-source.ts'
import { chooseNodes } from './choose-nodes.ts'
import { workForSketch, type Sketch, type Work } from './compare.ts'
import { loadImages, tag, type Loading } from './load-images.ts'
import { imagesIn, type NodeImages } from './node-images.ts'
import { appleSource, dockerSource, findImage, type Source } from './sources.ts'

export interface Wanted {
  /** As the user wrote it, and in full. */
  readonly given: string
  readonly reference: string
}

export interface Target {
  readonly cluster: string
  /** Names of nodes, none for all. */
  readonly nodes: readonly string[]
}

/** A place of this machine where images may be. */
export type Place = 'container' | 'docker' | 'podman' | ImageCache

/**
 * Loads images of this machine by their names. What the nodes have is compared first: where nothing is missing, nothing is saved,
 * read or sent. All images and nodes are looked for before anything moves.
 * @param places where to look, in this order.
 */
export async function loadReferences(
  kina: Kina,
  wanted: readonly Wanted[],
  target: Target,
  places: readonly Place[],
): Promise<void> {
  const platform = `linux/${kina.host.platform.arch}`
  const apple = connect(kina)
  const sources = places.map((place) => {
    if (typeof place === 'object') return cacheSource(kina, place, platform)
    return place === 'container' ? appleSource(kina, apple, platform) : dockerSource(kina, place, platform)
  })
  const found = []
  for (const { given, reference } of wanted) {
    // A node is asked for the image under the name that pods will use; with a digest, that has no tag.
    found.push({ given, reference, name: storedName(reference), ...(await findImage(sources, given, reference)) })
  }
  const nodes = chooseNodes(await apple.list({ signal: kina.signal }), target.cluster, target.nodes).map(({ id }) => id)
  const loading: Loading = { kina, apple, nodes, platform }
  const there = await Promise.all(nodes.map((node) => imagesIn(kina, apple, node)))
  // One after the other: what one brings another may share.
  for (const image of found) await loadOne(loading, image, there)
}

interface Found {
  readonly given: string
  readonly reference: string
  readonly name: string
  readonly source: Source
  readonly sketch: Sketch
}

async function loadOne(loading: Loading, image: Found, there: readonly NodeImages[]): Promise<void> {
  const { report } = loading.kina
  const { given, name, sketch } = image
  const id = sketch.config ?? sketch.manifest ?? ''
  const works = new Map<string, Work | undefined>(
    there.map((node) => [node.node, workForSketch([name], sketch, node)] as const),
  )
  for (const [node, work] of works) {
    const say = (message: string): void => report({ kind: 'notice', message })
    if (work?.kind === 'tag')
      say(`Image with ID: ${id} already present on the node ${node} but is missing the tag ${name}. re-tagging...`)
    if (work === undefined) say(`Image: "${given}" with ID "${id}" not yet present on node "${node}", loading...`)
  }
  if ([...works.values()].every((work) => work?.kind === 'nothing')) {
    report({ kind: 'notice', message: `Image: "${given}" with ID "${id}" found to be already present on all nodes.` })
    return
  }
  await Promise.all([...works].map(([node, work]) => tag(loading, node, [work])))
  const lacking = [...works].filter(([, work]) => work === undefined).map(([node]) => node)
  if (lacking.length === 0) return
  await despiteDamage(() => loadWhole({ ...loading, nodes: lacking }, image))
}

/** @throws DamagedBlob when the image cache had something damaged; it has been dropped. */
async function loadWhole(loading: Loading, { reference, name, source }: Found): Promise<void> {
  await using opened = await source.open(reference)
  const [only, ...more] = opened.images
  const image = more.length === 0 ? only : opened.images.find(({ names }) => names.includes(name))
  if (!image) throw invalidImage(source.name, `what was saved of "${reference}" holds other images`)
  await loadImages(loading, [{ ...image, names: [name] }])
}
