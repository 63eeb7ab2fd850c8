/** Volumes: a folder each, with what is known of it and its disk, an ext4 file that is empty at first. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dateNow } from './container-json.ts'
import { Failure } from './failure.ts'
import { withLock } from './lock.ts'
import { bytesOf } from './size.ts'
import { containers, type LabFiles } from './state.ts'

export interface Volume {
  readonly name: string
  readonly driver: 'local'
  readonly format: 'ext4'
  /** Path of its disk. */
  readonly source: string
  readonly creationDate: string
  readonly labels: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  readonly sizeInBytes: number
}

export const anonymousLabel = 'com.apple.container.resource.anonymous'
const gibibyte = 1024 ** 3
const pattern = '^[A-Za-z0-9][A-Za-z0-9_.-]*$'

const folderOf = ({ root }: LabFiles, name: string): string => join(root, 'volumes', name)

/** @throws Failure for a name that cannot be one. */
export function checkVolumeName(name: string): void {
  if (name.length > 255 || !new RegExp(pattern).test(name))
    throw new Failure(`invalid volume name '${name}': must match ${pattern}`)
}

export function volumes(files: LabFiles): readonly Volume[] {
  const folder = join(files.root, 'volumes')
  return (existsSync(folder) ? readdirSync(folder) : [])
    .map((name) => join(folder, name, 'entity.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Volume)
}

/** @throws Failure when there is one of this name. */
export async function createVolume(
  files: LabFiles,
  name: string,
  options: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): Promise<Volume> {
  checkVolumeName(name)
  const sizeInBytes = options['size'] === undefined ? 512 * gibibyte : bytesOf(options['size'])
  if (sizeInBytes === undefined) throw new Failure(`storage error: invalid size ${options['size']}`)
  if (sizeInBytes < 1024 ** 2) throw new Failure('storage error: volume size too small: minimum 1MiB')
  const [mode, journalSize] = options['journal']?.split(':') ?? []
  if (mode !== undefined && !['writeback', 'ordered', 'journal'].includes(mode))
    throw new Failure(`storage error: invalid journal mode '${mode}': must be writeback, ordered, or journal`)
  mkdirSync(join(files.root, 'volumes'), { recursive: true })
  return await withLock(join(files.root, 'volumes.lock'), () => {
    if (volumes(files).some((volume) => volume.name === name)) throw new Failure(`volume '${name}' already exists`)
    const folder = folderOf(files, name)
    mkdirSync(folder, { recursive: true })
    const source = join(folder, 'volume.img')
    execFileSync('truncate', ['--size', String(sizeInBytes), source])
    const journal =
      mode === undefined
        ? ['-O', '^has_journal']
        : journalSize === undefined
          ? []
          : ['-J', `size=${Math.max(1, Math.ceil((bytesOf(journalSize) ?? 0) / 1024 ** 2))}`]
    // Without a folder for what is lost: what is mounted shows nothing.
    execFileSync('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=1,nodiscard', ...journal, source])
    const volume: Volume = {
      name,
      driver: 'local',
      format: 'ext4',
      source,
      creationDate: dateNow(),
      labels,
      options,
      sizeInBytes,
    }
    writeFileSync(join(folder, 'entity.json'), JSON.stringify(volume))
    return volume
  })
}

/** Inside the service's lock. @throws Failure when it is missing or a container, running or not, has it. */
export function deleteVolume(files: LabFiles, name: string): void {
  if (!volumes(files).some((volume) => volume.name === name)) throw new Failure(`volume '${name}' not found`)
  const isUsed = containers(files).some(({ mounts }) => mounts.some(({ volume }) => volume === name))
  if (isUsed)
    throw new Failure(`volume '${name}' is currently in use and cannot be accessed by another container, or deleted`)
  rmSync(folderOf(files, name), { recursive: true })
}
