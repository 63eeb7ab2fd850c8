import { openArchive } from '../../images/archive/open-archive.ts'
import { connect } from '../connect.ts'
import type { Kina } from '../kina.ts'
import { chooseNodes } from './choose-nodes.ts'
import { loadImages } from './load-images.ts'
import type { Target } from './load-references.ts'

/** What was done with one image of an archive. */
export interface ArchiveResult {
  readonly names: readonly string[]
  readonly digest: string
  /** Nodes by what was done in them. */
  readonly nodes: ReadonlyMap<string, 'nothing' | 'tag' | 'import'>
}

/**
 * Loads every image of archives (`-` is stdin) or OCI layouts.
 * @throws KinaError `image-invalid`, `image-unavailable` before anything of that archive has moved.
 */
export async function loadArchives(
  kina: Kina,
  paths: readonly string[],
  target: Target,
  onLoaded: (result: ArchiveResult) => void,
): Promise<void> {
  const platform = `linux/${kina.host.platform.arch}`
  const apple = connect(kina)
  const nodes = chooseNodes(await apple.list({ signal: kina.signal }), target.cluster, target.nodes).map(({ id }) => id)
  for (const path of paths) {
    await using opened = await openArchive(kina.host, path, platform)
    const { works } = await loadImages({ kina, apple, nodes, platform }, opened.images)
    opened.images.forEach(({ names, manifest }, at) =>
      onLoaded({ names, digest: manifest.digest, nodes: works[at] ?? new Map() }),
    )
  }
}
