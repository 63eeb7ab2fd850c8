/** `system df`: what is allocated on disk, by kind. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend } from './backend.ts'
import { guestOf } from './choose-backend.ts'
import { containers, type LabFiles } from './state.ts'
import { blobPath, blobsFolder, hasBlob } from './store/content.ts'
import { images, referencedDigests } from './store/images.ts'
import { volumes } from './volumes.ts'

interface Usage {
  readonly total: number
  readonly active: number
  readonly sizeInBytes: number
  readonly reclaimable: number
}

export function diskUsage(
  files: LabFiles,
  backend: Backend,
): Readonly<Record<'containers' | 'images' | 'volumes', Usage>> {
  const all = containers(files)
  const sizeOf = (id: string): number => allocated(join(files.guests, id))
  const isRunning = (state: (typeof all)[number]): boolean => backend.isRunning(guestOf(files, state))
  const stored = images(files.root)
  const usedReferences = new Set(all.map(({ image }) => image.reference))
  const active = stored.filter(({ reference }) => usedReferences.has(reference))
  const size = allocated(blobsFolder(files.root))
  const inUse = [...referencedDigests(files.root, active)]
    .filter((digest) => hasBlob(files.root, digest))
    .reduce((sum, digest) => sum + allocated(blobPath(files.root, digest)), 0)
  const everyVolume = volumes(files)
  const usedVolumes = new Set(all.flatMap(({ mounts }) => mounts.flatMap(({ volume }) => volume ?? [])))
  const volumeSize = (names: (name: string) => boolean): number =>
    everyVolume.filter(({ name }) => names(name)).reduce((sum, { source }) => sum + allocated(source), 0)
  return {
    containers: {
      total: all.length,
      active: all.filter(isRunning).length,
      sizeInBytes: all.reduce((sum, { id }) => sum + sizeOf(id), 0),
      reclaimable: all.filter((state) => !isRunning(state)).reduce((sum, { id }) => sum + sizeOf(id), 0),
    },
    images: { total: stored.length, active: active.length, sizeInBytes: size, reclaimable: Math.max(0, size - inUse) },
    volumes: {
      total: everyVolume.length,
      active: usedVolumes.size,
      sizeInBytes: volumeSize(() => true),
      reclaimable: volumeSize((name) => !usedVolumes.has(name)),
    },
  }
}

export function diskUsageRows({ images: i, containers: c, volumes: v }: ReturnType<typeof diskUsage>): string[][] {
  const row = (name: string, { total, active, sizeInBytes, reclaimable }: Usage): string[] => [
    name,
    String(total),
    String(active),
    sizeText(sizeInBytes),
    `${sizeText(reclaimable)} (${sizeInBytes === 0 ? 0 : Math.round((reclaimable / sizeInBytes) * 100)}%)`,
  ]
  return [
    ['TYPE', 'TOTAL', 'ACTIVE', 'SIZE', 'RECLAIMABLE'],
    row('Images', i),
    row('Containers', c),
    row('Local Volumes', v),
  ]
}

/** Powers of 1000, as macOS shows sizes of files. */
function sizeText(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3))
  return `${Number((bytes / 1000 ** power).toFixed(power < 2 ? 0 : 1))} ${['B', 'KB', 'MB', 'GB', 'TB'][power]}`
}

/** Blocks, not length: disks are sparse, and clones are counted more than once. Other file systems below are left out. */
function allocated(path: string): number {
  if (!existsSync(path)) return 0
  const { dev } = statSync(path)
  const walk = (its: string): number => {
    const found = statSync(its, { throwIfNoEntry: false })
    if (!found || found.dev !== dev) return 0
    if (!found.isDirectory()) return found.blocks * 512
    return readdirSync(its, { withFileTypes: true })
      .filter((entry) => !entry.isSymbolicLink())
      .reduce((sum, entry) => sum + walk(join(its, entry.name)), 0)
  }
  return walk(path)
}
