/** Images as Apple's service keeps them: unpacked once into an ext4 file, of which every container's root is a clone. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { imageDisks } from './place.ts'
import { run } from './run.ts'

/** A sparse file of the size that a Mac's disk claims to have. */
const diskSize = '64G'

interface Descriptor {
  readonly digest: string
}

export function imageDisk(digest: string): string {
  return join(imageDisks, `${digest.replace('sha256:', '')}.ext4`)
}

/** The one image of an archive; its digest is that of its manifest. */
export async function readArchive(archive: string): Promise<{ readonly reference: string; readonly digest: string }> {
  const { manifests } = JSON.parse(await run('tar', '-xOf', archive, 'index.json')) as {
    manifests: readonly (Descriptor & { readonly annotations?: Readonly<Record<string, string>> })[]
  }
  const [manifest] = manifests
  const reference = manifest?.annotations?.['io.containerd.image.name']
  if (!manifest || reference === undefined) throw new Error(`${archive} has no image with a name`)
  return { reference, digest: manifest.digest }
}

/** Makes the disk of an image out of an OCI archive, unless there is one. */
export async function unpackImage(archive: string, digest: string): Promise<void> {
  const disk = imageDisk(digest)
  if (existsSync(disk)) return
  await mkdir(imageDisks, { recursive: true })
  const draft = `${disk}.${process.pid}.new`
  const work = await mkdtemp(join(imageDisks, 'unpack-'))
  const mounted = join(work, 'root')
  try {
    await mkdir(mounted)
    await run('truncate', '--size', diskSize, draft)
    await run('mkfs.ext4', '-q', '-E', 'lazy_itable_init=1,lazy_journal_init=1', draft)
    await run('tar', '-C', work, '-xf', archive)
    const blob = (its: Descriptor): string => join(work, 'blobs/sha256', its.digest.replace('sha256:', ''))
    const { layers } = JSON.parse(await readFile(blob({ digest }), 'utf8')) as { layers: Descriptor[] }
    await run('mount', '-o', 'loop', draft, mounted)
    try {
      for (const layer of layers)
        await run('tar', '-C', mounted, '--numeric-owner', '--xattrs', '--xattrs-include=*', '-xf', blob(layer))
    } finally {
      await run('umount', mounted)
    }
    await rename(draft, disk)
  } finally {
    await rm(draft, { force: true })
    await rm(work, { recursive: true, force: true })
  }
}
