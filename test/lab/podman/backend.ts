/**
 * Real guests: systemd, containerd, kubelet and whatever they start, in a privileged container of podman's whose root is an ext4
 * file of its own. Linux and root; `scripts/lab up` prepares the machine.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'
import type { Backend, Boot, Dial, Guest } from '../backend.ts'
import { exec, initOf, noteInit, stopInit } from '../guest-process.ts'
import { requireSnapshot } from '../store/snapshots.ts'
import { usage } from './cgroup-usage.ts'
import { unpackImage } from './image-disk.ts'
import { ensureNetwork } from './network.ts'
import { labDisk } from './place.ts'
import protect from './protect.sh' with { type: 'text' }
import { podman, run } from './run.ts'
import { thawing } from './thaw.ts'
import { unmountBelow } from './unmount.ts'

export function podmanBackend(): Backend {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync(labDisk)) {
    throw new Error('Real guests need Linux, root and a prepared machine: run scripts/lab up')
  }
  return {
    unpack: unpackImage,
    prepareRoot,
    boot,
    exec: (guest, request) => exec(guest, request, (init) => [enterCgroups, String(init)]),
    isRunning: (guest) => initOf(guest) !== undefined,
    stop,
    remove,
    disk: rootOf,
    usage,
    logs,
    dial,
  }
}

/** An exec begins in the control groups of PID 1, as Apple's does. */
const enterCgroups = join(import.meta.dirname, 'enter-cgroups.sh')

const rootOf = ({ folder }: Guest): string => join(folder, 'root')
const diskOf = ({ folder }: Guest): string => join(folder, 'root.ext4')

/** podman has one name space for all labs of a machine. */
function containerName({ folder, id }: Guest): string {
  return `kina-lab-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}-${id}`
}

async function prepareRoot(guest: Guest): Promise<void> {
  await mkdir(guest.folder, { recursive: true })
  await run('cp', '--reflink=always', await realpath(requireSnapshot(guest.root, guest.manifest)), diskOf(guest))
  await mkdir(rootOf(guest), { recursive: true })
}

async function boot(guest: Guest, network: Boot): Promise<void> {
  const root = rootOf(guest)
  await takeDown(guest)
  await run('mount', '-o', 'loop', diskOf(guest), root)
  writeFileSync(join(root, 'etc/hosts'), `127.0.0.1 localhost\n${network.address} ${guest.hostname}\n`)
  writeFileSync(join(root, 'etc/resolv.conf'), `nameserver ${network.gateway}\n`)
  const volumes = await mountVolumes(guest)
  const name = containerName(guest)
  const console = join(guest.folder, 'console.log')
  await rm(console, { force: true })
  await podman(
    'create',
    `--name=${name}`,
    `--hostname=${guest.hostname}`,
    '--label=kina-lab',
    `--label=kina-lab-root=${guest.root}`,
    ...allowed(guest),
    '--systemd=false',
    '--cgroupns=private',
    `--network=${await ensureNetwork(network)}`,
    `--ip=${network.address}`,
    ...(network.address6 === undefined ? [] : [`--ip6=${network.address6}`]),
    '--no-hosts',
    '--dns=none',
    '--log-driver=k8s-file',
    `--log-opt=path=${console}`,
    ...ownLimits(),
    `--cpus=${Math.min(guest.cpus, navigator.hardwareConcurrency)}`,
    `--memory=${guest.memoryInBytes}`,
    ...guest.environment.map((entry) => `--env=${entry}`),
    ...guest.mounts.map(
      ({ source, target, readOnly }) => `--volume=${volumes.get(source) ?? source}:${target}${readOnly ? ':ro' : ''}`,
    ),
    '--rootfs',
    root,
    ...guest.argv,
  )
  await podman('start', name)
  const pid = Number(await podman('inspect', '--format={{.State.Pid}}', name))
  await run('nsenter', `--target=${pid}`, '--net', 'ip', 'link', 'set', 'dev', 'eth0', 'mtu', String(network.mtu))
  const paths = [
    ...network.maskedPaths.flatMap((path) => ['masked', path]),
    ...network.readonlyPaths.flatMap((path) => ['read-only', path]),
  ]
  if (paths.length > 0) await run('nsenter', `--target=${pid}`, '--mount', 'sh', '-c', protect, 'protect', ...paths)
  noteInit(guest, pid)
}

/**
 * Devices, /sys and its control groups are the guest's own on a Mac, whatever it may do with them; what a container may do
 * is what was asked.
 */
function allowed({ capabilities }: Guest): readonly string[] {
  if (capabilities === 'all') return ['--privileged']
  return [
    '--cap-drop=all',
    ...capabilities.map((name) => `--cap-add=${name}`),
    '--security-opt=seccomp=unconfined',
    '--security-opt=unmask=all',
  ]
}

/** The disks of volumes are mounted beside the root, and from there into the guest. @returns where each is. */
async function mountVolumes(guest: Guest): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>()
  for (const { source } of guest.mounts.filter(({ isVolume }) => isVolume)) {
    const place = join(guest.folder, 'volumes', String(places.size))
    await mkdir(place, { recursive: true })
    await run('mount', '-t', 'ext4', '-o', 'loop', source, place)
    places.set(source, place)
  }
  return places
}

/** podman asks for more than a machine in a sandbox may give, and its own processes have less than this one. */
function ownLimits(): readonly string[] {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const hard = (pattern: RegExp): number => Number(pattern.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  const files = Math.min(hard(/^Max open files +\d+ +(\d+)/m), 1_048_576)
  const processes = Math.min(hard(/^Max processes +\d+ +(\d+)/m), 30_000)
  return [`--ulimit=nofile=${files}:${files}`, `--ulimit=nproc=${processes}:${processes}`]
}

async function stop(guest: Guest, signal: string, seconds: number): Promise<void> {
  await thawing(containerName(guest), () => stopInit(guest, signal, seconds))
  await takeDown(guest)
}

/** Nothing of a guest that has ended stays: its processes, its container, its mount. */
async function takeDown(guest: Guest): Promise<void> {
  if (!existsSync(guest.folder)) return
  const name = containerName(guest)
  await thawing(name, async () => {
    await podman('rm', '--force', '--time=0', '--ignore', name)
    await unmountBelow(guest.folder)
  })
}

async function remove(guest: Guest): Promise<void> {
  await takeDown(guest)
  await rm(guest.folder, { recursive: true, force: true })
}

/** podman prefixes each line with a date, a stream and a mark. */
function logs({ folder }: Guest, ofBoots: boolean): string | undefined {
  const path = join(folder, 'console.log')
  if (!existsSync(path)) return undefined
  const lines = readFileSync(path, 'utf8').split('\n')
  return ofBoots
    ? 'no boot log: the guest shares the kernel of its machine\n'
    : lines.map((line) => line.replace(/^\S+ (stdout|stderr) [FP] /, '')).join('\n')
}

function dial({ address }: Guest, port: number): Dial | undefined {
  return address === undefined ? undefined : { host: address, port }
}
