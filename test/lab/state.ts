import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { LiveProcess } from './live-process.ts'
import { withLock } from './lock.ts'

/** What the service knows of a container. */
export interface ContainerState {
  readonly id: string
  readonly creationDate: string
  readonly image: ImageRecord
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  readonly cpus: number
  readonly memoryInBytes: number
  readonly environment: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly maskedPaths: readonly string[] | undefined
  readonly readonlyPaths: readonly string[] | undefined
  readonly mounts: readonly {
    readonly source: string
    readonly destination: string
    readonly options: readonly string[]
  }[]
  readonly mtu: number
  readonly publishedPorts: readonly PublishedPort[]
  readonly rlimits: readonly { readonly limit: string; readonly soft: number; readonly hard: number }[]
  readonly executable: string
  readonly arguments: readonly string[]
  readonly workingDirectory: string
  address?: string | undefined
  mac?: string
  startedDate?: string
  proxies?: readonly LiveProcess[]
}

export interface PublishedPort {
  readonly containerPort: number
  readonly count: number
  readonly hostAddress: string
  readonly hostPort: number
  readonly proto: string
}

export interface ImageRecord {
  readonly reference: string
  readonly digest: string
  readonly architecture: string
}

interface ServiceState {
  up: boolean
  /** Free addresses, last byte, in the order in which they will be given. */
  free: number[]
  subnet: string
}

/** The files of one lab. */
export interface LabFiles {
  readonly root: string
  readonly serviceLock: string
  readonly guests: string
}

export function labFiles(): LabFiles {
  const root = process.env['LAB_ROOT']
  if (!root) throw new Error('LAB_ROOT names no folder')
  mkdirSync(join(root, 'containers'), { recursive: true })
  mkdirSync(join(root, 'guests'), { recursive: true })
  mkdirSync(join(root, 'images'), { recursive: true })
  return { root, serviceLock: join(root, 'service.lock'), guests: join(root, 'guests') }
}

function writeAtomically(path: string, value: unknown): void {
  writeFileSync(`${path}.${process.pid}.new`, JSON.stringify(value))
  renameSync(`${path}.${process.pid}.new`, path)
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}

export function readService({ root }: LabFiles): ServiceState {
  return (
    readJson<ServiceState>(join(root, 'service.json')) ?? {
      up: process.env['LAB_SERVICE'] !== 'down',
      free: freshAddresses(),
      subnet: process.env['LAB_SUBNET'] ?? '192.168.64',
    }
  )
}

/** `.2` to `.253`, as in a /24 of vmnet. */
export function freshAddresses(): number[] {
  return Array.from({ length: 252 }, (_, index) => index + 2)
}

export async function changeService<T>(files: LabFiles, change: (state: ServiceState) => T): Promise<T> {
  return await withLock(join(files.root, 'state.lock'), () => {
    const state = readService(files)
    const result = change(state)
    writeAtomically(join(files.root, 'service.json'), state)
    return result
  })
}

/** Calls of the program over the life of the lab, this one included. */
export async function countCall(files: LabFiles): Promise<number> {
  return await withLock(join(files.root, 'count.lock'), () => {
    const count = (readJson<number>(join(files.root, 'calls.count')) ?? 0) + 1
    writeAtomically(join(files.root, 'calls.count'), count)
    return count
  })
}

export function containers({ root }: LabFiles): readonly ContainerState[] {
  return readdirSync(join(root, 'containers'))
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => readJson<ContainerState>(join(root, 'containers', file)) ?? [])
}

export function container({ root }: LabFiles, id: string): ContainerState | undefined {
  return id.includes('/') ? undefined : readJson<ContainerState>(join(root, 'containers', `${id}.json`))
}

export function writeContainer({ root }: LabFiles, state: ContainerState): void {
  writeAtomically(join(root, 'containers', `${state.id}.json`), state)
}

export function forgetContainer({ root }: LabFiles, id: string): void {
  rmSync(join(root, 'containers', `${id}.json`), { force: true })
}

export function images({ root }: LabFiles): readonly ImageRecord[] {
  return readdirSync(join(root, 'images'))
    .map((file) => readJson<ImageRecord>(join(root, 'images', file)))
    .filter((image) => image !== undefined)
    .toSorted((a, b) => (a.reference < b.reference ? -1 : 1))
}

export function writeImage({ root }: LabFiles, image: ImageRecord): void {
  writeAtomically(join(root, 'images', `${encodeURIComponent(image.reference)}.json`), image)
}

export function forgetImage({ root }: LabFiles, reference: string): boolean {
  const path = join(root, 'images', `${encodeURIComponent(reference)}.json`)
  const was = existsSync(path)
  rmSync(path, { force: true })
  return was
}
