import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { LiveProcess } from './live-process.ts'
import { withLock } from './lock.ts'
import type { Descriptor } from './store/content.ts'
import type { Platform } from './store/platform.ts'
import { emulatedRelease } from './versions.ts'

/** What the service knows of a container. */
export interface ContainerState {
  readonly id: string
  readonly creationDate: string
  readonly image: ContainerImage
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  readonly cpus: number
  readonly memoryInBytes: number
  readonly environment: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly maskedPaths: readonly string[] | undefined
  readonly readonlyPaths: readonly string[] | undefined
  readonly mounts: readonly Mount[]
  readonly mtu: number
  readonly publishedPorts: readonly PublishedPort[]
  readonly rlimits: readonly { readonly limit: string; readonly soft: number; readonly hard: number }[]
  readonly executable: string
  readonly arguments: readonly string[]
  readonly workingDirectory: string
  /** Of the image; SIGTERM where it names none. */
  readonly stopSignal: string | undefined
  address?: string | undefined
  mac?: string
  startedDate?: string
  /** Of its first start and ever after. */
  kernel?: string
  proxies?: readonly LiveProcess[]
}

export interface PublishedPort {
  readonly containerPort: number
  readonly count: number
  readonly hostAddress: string
  readonly hostPort: number
  readonly proto: string
}

/** What a container was made from: it stays so, whatever becomes of the image's name. */
interface ContainerImage {
  readonly reference: string
  readonly descriptor: Descriptor
  readonly platform: Platform
  /** Of the manifest for that platform. */
  readonly manifest: string
}

interface Mount {
  readonly source: string
  readonly destination: string
  readonly options: readonly string[]
  /** Name of the volume; a folder of the host has none. */
  readonly volume?: string
}

interface ServiceState {
  up: boolean
  /** Free addresses, last byte, in the order in which they will be given. */
  free: number[]
  subnet: string
  /** Release that the service was started from: what is installed since may be another one. */
  version: string
  /** Installed by a start of the service where LAB_KERNEL is `none`. */
  installedKernel?: string
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
      version: emulatedRelease().version,
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
