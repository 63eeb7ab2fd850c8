import type { Host } from '../../host/host.ts'
import { isAliveByTag, processTag, thisProcess } from '../../host/owner-file.ts'

/** A prepared disk in kina's cache. */
export interface PreparedDisk {
  /** See `diskId`. */
  readonly id: string
  /** Path of the disk, an ext4 file with holes. */
  readonly path: string
  /** Node image that it was made from, as it was named then. */
  readonly image: string
  /** Version of Kubernetes in it. */
  readonly kubernetes: string
  /** What it takes on the host's disk. */
  readonly bytes: number
  readonly lastUsed: Date
}

type Disks = Pick<Host, 'files' | 'blobs' | 'clock'>

const diskName = /^([0-9a-f]{64})\.img$/

/** A disk counts when it is in its place: whatever was broken off has another name. */
export async function preparedDisks(host: Disks, folder: string): Promise<readonly PreparedDisk[]> {
  const ids = (await host.files.list(folder)).flatMap((name) => diskName.exec(name)?.[1] ?? [])
  const found = await Promise.all(ids.map((id) => findDisk(host, folder, id)))
  return found
    .flatMap((disk) => disk ?? [])
    .toSorted((a, b) => b.lastUsed.getTime() - a.lastUsed.getTime() || a.id.localeCompare(b.id))
}

/**
 * Undefined when there is none, or when it is not what was put there: a file that was written since is no prepared disk any more.
 */
export async function findDisk(host: Disks, folder: string, id: string): Promise<PreparedDisk | undefined> {
  const path = `${folder}/${id}.img`
  const [text, facts, about] = await Promise.all([
    host.files.read(aboutPath(folder, id)),
    host.blobs.stat(path),
    host.blobs.stat(aboutPath(folder, id)),
  ])
  if (text === undefined || facts === undefined || about === undefined) return undefined
  const said = readAbout(text)
  if (said === undefined || said.version !== facts.version || said.bytes !== facts.bytes) return undefined
  const { image, kubernetes } = said
  return { id, path, image, kubernetes, bytes: facts.bytesOnDisk, lastUsed: about.modified }
}

/**
 * Puts a disk into the cache, as a clone of a file that nobody writes to any more. It has its name only when it is whole and on
 * the disk.
 * @returns undefined where the file system of the cache cannot clone that file.
 */
export async function keepDisk(
  host: Disks & Pick<Host, 'processes' | 'platform'>,
  folder: string,
  of: { readonly id: string; readonly source: string; readonly image: string; readonly kubernetes: string },
): Promise<PreparedDisk | undefined> {
  const { files, blobs } = host
  const draft = `${folder}/${of.id}.new-${processTag(await thisProcess(host, { run: '', command: '' }))}`
  await files.makeFolder(folder)
  try {
    await files.remove(draft)
    if (!(await blobs.clone(of.source, draft))) return undefined
    await blobs.sync(draft)
    const facts = await blobs.stat(draft)
    const { image, kubernetes } = of
    const about = { image, kubernetes, bytes: facts?.bytes, version: facts?.version }
    // First what is said of it: without its disk that is nothing, and it fits no other.
    await files.writeAtomically(aboutPath(folder, of.id), JSON.stringify(about))
    await blobs.moveDurably(draft, `${folder}/${of.id}.img`)
    return await findDisk(host, folder, of.id)
  } finally {
    await files.remove(draft)
  }
}

/** It was used just now. */
export async function touchDisk({ blobs, clock }: Disks, folder: string, id: string): Promise<void> {
  await blobs.touch(aboutPath(folder, id), clock.date())
}

/**
 * Removes the disks that were not used for longest until the rest takes at most so many bytes, and what killed processes have
 * left. A disk may go while it is cloned: a clone shares nothing with its name.
 * @returns what was removed.
 */
export async function pruneDisks(
  host: Disks & Pick<Host, 'processes'>,
  folder: string,
  maxBytes: number,
): Promise<readonly PreparedDisk[]> {
  const gone: PreparedDisk[] = []
  let bytes = 0
  const disks = await preparedDisks(host, folder)
  for (const disk of disks) {
    bytes += disk.bytes
    if (bytes <= maxBytes) continue
    bytes -= disk.bytes
    gone.push(disk)
    await removeDisk(host, folder, disk.id)
  }
  await sweep(host, folder, new Set(disks.map(({ id }) => id)))
  return gone
}

/** What is on its way belongs to whoever writes it, as long as that process lives. */
async function sweep(
  host: Pick<Host, 'files' | 'processes'>,
  folder: string,
  good: ReadonlySet<string>,
): Promise<void> {
  const names = (await host.files.list(folder)).flatMap((name) => {
    const [, id, tag] = /^([0-9a-f]{64})\.(?:img|json|new-(\d+-\w*))$/.exec(name) ?? []
    return id === undefined ? [] : [{ name, id, tag }]
  })
  const awaited = new Set<string>()
  for (const { name, id, tag } of names) {
    if (tag === undefined) continue
    if (await isAliveByTag(host, tag)) awaited.add(id)
    else await host.files.remove(`${folder}/${name}`)
  }
  for (const { name, id, tag } of names)
    if (tag === undefined && !good.has(id) && !awaited.has(id)) await host.files.remove(`${folder}/${name}`)
}

/** The disk first: what is said of it is nothing without it. */
async function removeDisk({ files }: Disks, folder: string, id: string): Promise<void> {
  await files.remove(`${folder}/${id}.img`)
  await files.remove(aboutPath(folder, id))
}

const aboutPath = (folder: string, id: string): string => `${folder}/${id}.json`

interface About {
  readonly image: string
  readonly kubernetes: string
  readonly bytes: number
  /** Of the file: another one, or one that was written since, has another. */
  readonly version: string
}

function readAbout(text: string): About | undefined {
  try {
    const about = JSON.parse(text) as Partial<About>
    const { image, kubernetes, bytes, version } = about
    return image && kubernetes && bytes && version ? { image, kubernetes, bytes, version } : undefined
  } catch {
    return undefined
  }
}
