/**
 * What the service does for calls that change something. It runs as a process of its own, so that it ends what it has begun
 * when its caller is killed, as the real service does: `bun service.ts` with a request on stdin, an answer on stdout.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import type { Backend } from './backend.ts'
import { chooseBackend, guestOf } from './choose-backend.ts'
import { dateNow, ipv6 } from './container-json.ts'
import { Failure, wrapped } from './failure.ts'
import { installedKernel, kernelHasNfTables, macOs } from './host-facts.ts'
import { isAlive, startTimeOf, type LiveProcess } from './live-process.ts'
import { withLock } from './lock.ts'
import {
  changeService,
  container,
  containers,
  forgetContainer,
  labFiles,
  readService,
  writeContainer,
  type ContainerState,
  type LabFiles,
} from './state.ts'
import { defaultMaskedPaths, defaultReadonlyPaths } from './protected-paths.ts'
import { releaseOf } from './versions.ts'
import { deleteVolume } from './volumes.ts'

export type ServiceRequest =
  | { readonly do: 'create'; readonly state: ContainerState }
  | { readonly do: 'start'; readonly id: string }
  | { readonly do: 'stop'; readonly id: string; readonly signal: string; readonly seconds: number }
  | { readonly do: 'delete'; readonly id: string; readonly force: boolean }
  | { readonly do: 'delete-volume'; readonly name: string }
  | { readonly do: 'pass' }

export interface ServiceCall {
  readonly request: ServiceRequest
  /** Milliseconds spent inside the lock before anything is done. */
  readonly slowMs: number
}

export interface ServiceAnswer {
  readonly error?: string
}

export async function serve(files: LabFiles, { request, slowMs }: ServiceCall): Promise<void> {
  const backend = await chooseBackend()
  await withLock(files.serviceLock, async () => {
    if (slowMs > 0) await new Promise((done) => setTimeout(done, slowMs))
    switch (request.do) {
      case 'create':
        return await create(files, backend, request.state)
      case 'start':
        return await start(files, backend, request.id)
      case 'stop':
        return await stop(files, backend, request.id, request.signal, request.seconds)
      case 'delete':
        return await remove(files, backend, request.id, request.force)
      case 'delete-volume':
        return deleteVolume(files, request.name)
      case 'pass':
        return
    }
  })
}

async function create(files: LabFiles, backend: Backend, state: ContainerState): Promise<void> {
  if (container(files, state.id)) throw new Failure(releaseOf(readService(files).version).nameTaken(state.id))
  await backend.unpack(files.root, state.image.manifest)
  writeContainer(files, state)
}

async function start(files: LabFiles, backend: Backend, id: string): Promise<void> {
  const state = container(files, id)
  if (!state) throw new Failure(`get failed: container ${id} not found`)
  const guest = guestOf(files, state)
  if (backend.isRunning(guest)) return
  const gone = state.mounts.find(({ source }) => !existsSync(source))
  if (gone) throw new Failure(`mount source path '${gone.source}' does not exist`)
  refuseTakenVolumes(files, backend, state)
  await letGo(files, state)
  const { subnet, version } = readService(files)
  const { protectsPaths } = releaseOf(version)
  state.address = `${subnet}.${await takeAddress(files)}`
  state.mac = randomMac()
  // Copied into the container at its first start: what is installed later does not reach it.
  state.kernel ??= installedKernel(files)
  writeContainer(files, state)
  try {
    state.proxies = await bindPorts(files, state)
    if (!existsSync(`${guest.folder}/root`)) await backend.prepareRoot(guest)
    await backend.boot(guest, {
      address: state.address,
      prefixLength: 24,
      address6: macOs() === 26 ? ipv6(state) : undefined,
      gateway: `${subnet}.1`,
      mtu: state.mtu,
      maskedPaths: state.maskedPaths ?? (protectsPaths ? defaultMaskedPaths : []),
      readonlyPaths: state.readonlyPaths ?? (protectsPaths ? defaultReadonlyPaths : []),
      kernel: state.kernel,
      kernelHasNfTables: kernelHasNfTables(state.kernel),
    })
  } catch (error) {
    await letGo(files, state)
    writeContainer(files, state)
    throw error
  }
  state.startedDate = dateNow()
  writeContainer(files, state)
}

/** A volume is a disk, and a disk is attached to one running machine; nothing looks before. */
function refuseTakenVolumes(files: LabFiles, backend: Backend, { id, mounts }: ContainerState): void {
  const wanted = new Set(mounts.flatMap(({ volume }) => volume ?? []))
  const others = containers(files).filter(
    (its) => its.id !== id && its.mounts.some(({ volume = '' }) => wanted.has(volume)),
  )
  if (others.some((its) => backend.isRunning(guestOf(files, its))))
    throw new Failure(
      'failed to bootstrap container (cause: "unknown: "Error Domain=VZErrorDomain Code=2 The storage device attachment is invalid."")',
    )
}

async function stop(files: LabFiles, backend: Backend, id: string, signal: string, seconds: number): Promise<void> {
  const state = container(files, id)
  if (!state) throw new Failure(wrapped('failed to stop container', 'notFound', `container with ID ${id} not found`))
  await backend.stop(guestOf(files, state), signal, seconds)
  await letGo(files, state)
  writeContainer(files, state)
}

async function remove(files: LabFiles, backend: Backend, id: string, force: boolean): Promise<void> {
  const state = container(files, id)
  if (!state) throw new Failure(wrapped('failed to delete container', 'notFound', `container with ID ${id} not found`))
  const guest = guestOf(files, state)
  if (backend.isRunning(guest)) {
    if (!force)
      throw new Failure(
        wrapped('failed to delete container', 'invalidState', `container ${id} is running and can not be deleted`),
      )
    await backend.stop(guest, 'SIGKILL', 5)
  }
  await letGo(files, state)
  await backend.remove(guest)
  forgetContainer(files, id)
}

/** A stopped container gives its address to the back of the queue and its ports back to the host. */
async function letGo(files: LabFiles, state: ContainerState): Promise<void> {
  const { address } = state
  if (address !== undefined) await changeService(files, ({ free }) => free.push(Number(address.split('.')[3])))
  for (const proxy of state.proxies ?? []) {
    if (isAlive(proxy)) process.kill(proxy.pid, 'SIGKILL')
    while (isAlive(proxy)) await new Promise((done) => setTimeout(done, 1))
  }
  state.address = undefined
  state.proxies = []
}

async function takeAddress(files: LabFiles): Promise<number> {
  const address = await changeService(files, ({ free }) => free.shift())
  if (address === undefined) throw new Failure('network default has no free address')
  return address
}

function randomMac(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6))
  const first = [0xf2, 0xf6, 0xfa, 0xfe][(bytes[0] ?? 0) % 4] ?? 0xf2
  return [first, ...bytes.subarray(1)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}

/** One process per published port, as the container's helper on the Mac; what cannot be bound fails the start. */
async function bindPorts(files: LabFiles, state: ContainerState): Promise<readonly LiveProcess[]> {
  const proxies: LiveProcess[] = []
  for (const port of state.publishedPorts) {
    const child = spawn(
      process.execPath,
      [`${import.meta.dirname}/publish.ts`, files.root, state.id, JSON.stringify(port)],
      {
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    const said = await new Promise<string>((done) => {
      child.stdout.once('data', (text) => done(String(text)))
      child.once('exit', () => done('died'))
    })
    child.stdout.destroy()
    child.unref()
    proxies.push({ pid: child.pid ?? 0, startTime: startTimeOf(child.pid ?? 0) })
    if (said !== 'ok') {
      await letGo(files, { ...state, address: undefined, proxies })
      throw new Failure(
        `failed to bootstrap container (cause: "unknown: "bind(descriptor:ptr:bytes:): Address already in use (errno: 48), binding ${port.hostAddress}:${port.hostPort} failed"")`,
      )
    }
  }
  return proxies
}

/** Ends every guest, as the service does when it is stopped. */
export async function stopAll(files: LabFiles): Promise<readonly string[]> {
  const backend = await chooseBackend()
  const running = containers(files).filter((state) => backend.isRunning(guestOf(files, state)))
  for (const state of containers(files)) {
    await backend.stop(guestOf(files, state), 'SIGRTMIN+3', 5)
    await letGo(files, state)
    // A restarted service no longer knows when a container was started.
    delete state.startedDate
    writeContainer(files, state)
  }
  return running.map(({ id }) => id)
}

if (import.meta.main) {
  const call = JSON.parse(readFileSync(0, 'utf8')) as ServiceCall
  // Its answer may find nobody: then the work has still been done.
  process.stdout.on('error', () => undefined)
  let answer: ServiceAnswer = {}
  try {
    await serve(labFiles(), call)
  } catch (error) {
    answer = {
      error:
        error instanceof Failure
          ? error.message
          : `internalError: "${error instanceof Error ? (error.stack ?? '') : String(error)}"`,
    }
  }
  process.stdout.write(JSON.stringify(answer))
}
