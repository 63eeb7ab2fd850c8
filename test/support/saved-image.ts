import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Lab } from './cluster-fixture.ts'
import type { MadeImage } from './made-image.ts'

/** An image out of a lab's store, as it would lie in a registry. */
export async function savedImage(lab: Lab, reference: string): Promise<MadeImage> {
  const folder = join(lab.root, 'saved')
  const archive = join(folder, 'image.tar')
  await mkdir(folder)
  const saved = await lab.container(['image', 'save', '-o', archive, reference])
  if (saved.exitCode !== 0) throw new Error(saved.stderr)
  await promisify(execFile)('tar', ['-C', folder, '-xf', archive])
  const blobs = new Map<string, Uint8Array>()
  const blobFolder = join(folder, 'blobs/sha256')
  for (const name of await readdir(blobFolder)) blobs.set(`sha256:${name}`, await readFile(join(blobFolder, name)))
  const json = (bytes: Uint8Array | undefined): unknown => JSON.parse(new TextDecoder().decode(bytes))
  const { manifests } = json(await readFile(join(folder, 'index.json'))) as {
    manifests: { digest: string; mediaType: string }[]
  }
  const [root = { digest: '', mediaType: '' }] = manifests
  const index = json(blobs.get(root.digest)) as {
    manifests: { digest: string; platform: { os: string; architecture: string } }[]
  }
  const layers = index.manifests.flatMap(({ digest }) =>
    (json(blobs.get(digest)) as { layers: { digest: string }[] }).layers.map((layer) => layer.digest),
  )
  return {
    blobs,
    root: { digest: root.digest, mediaType: root.mediaType },
    manifests: Object.fromEntries(
      index.manifests.map(({ digest, platform }) => [`${platform.os}/${platform.architecture}`, digest]),
    ),
    layers,
  }
}
