/**
 * Guests without VMs: a private root folder in namespaces of its own, the host's /usr read-only, real bash, and small
 * programs standing for what a node image has (guest/). Linux and root only. All state is files and live processes.
 */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import type { Backend, Boot, Dial, Guest, Usage } from '../backend.ts'
import { boundingSet } from '../capabilities.ts'
import {
  childrenOf,
  exec,
  guestPath,
  initOf,
  networkBytes,
  noteInit,
  processesOf,
  readLink,
  stopInit,
} from '../guest-process.ts'
import { extractLayers } from '../store/layers.ts'
import { requireSnapshot, snapshotPath } from '../store/snapshots.ts'

const here = import.meta.dirname
const repository = resolve(here, '../../..')

export function simulatedBackend(): Backend {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('The simulated backend needs Linux and root, for namespaces and mounts')
  }
  return {
    unpack,
    prepareRoot,
    boot,
    exec: (guest, request) => exec(guest, request),
    disk: rootOf,
    usage,
    isRunning: (guest) => initOf(guest) !== undefined,
    stop: stopInit,
    remove,
    logs,
    dial,
  }
}

function rootOf({ folder }: Guest): string {
  return join(folder, 'root')
}

/** What a guest has of the machine, or makes itself; the rest of its root comes from the image. */
const ownFolders = 'bin dev lab lib lib64 proc run sbin sys tmp usr'.split(' ')

async function unpack(root: string, manifest: string): Promise<void> {
  const snapshot = snapshotPath(root, manifest)
  if (existsSync(snapshot)) return
  const draft = `${snapshot}.${process.pid}.new`
  mkdirSync(draft)
  extractLayers(root, manifest, draft, ownFolders)
  renameSync(draft, snapshot)
}

function prepareRoot(guest: Guest): void {
  const root = rootOf(guest)
  mkdirSync(guest.folder, { recursive: true })
  cpSync(requireSnapshot(guest.root, guest.manifest), root, { recursive: true, verbatimSymlinks: true })
  const folders =
    'dev etc/cni/net.d etc/containerd etc/systemd/system/kubelet.service.d kind/manifests lab proc root run sys tmp usr var/lib var/log'
  for (const folder of folders.split(' ')) mkdirSync(join(root, folder), { recursive: true })
  chmodSync(join(root, 'tmp'), 0o1777)
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    // The host's own links (bin -> usr/bin), so that its programs find their loader.
    symlinkSync(readlinkSync(`/${name}`), join(root, name))
  }
  symlinkSync('/proc/self/fd', join(root, 'dev/fd'))
  const files: Record<string, string> = {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
    'etc/group': 'root:x:0:\n',
    'etc/nsswitch.conf': 'hosts: files\n',
    'lab-settings': JSON.stringify({
      kubeadmMs: Number(process.env['LAB_KUBEADM_MS'] ?? '20'),
      lateMs: Number(process.env['LAB_LATE_MS'] ?? '0'),
      failingAddon: process.env['LAB_FAILING_ADDON'] ?? '',
      staysForOthers: process.env['LAB_KUBEADM_STAYS'] === '1',
    }),
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text)
  const programs = join(guest.folder, 'local/bin')
  mkdirSync(programs, { recursive: true })
  for (const name of readdirSync(join(here, 'guest')).filter((file) => !file.includes('.'))) {
    symlinkSync(`/lab/guest/${name}`, join(programs, name))
  }
}

/** What all guests of a lab see under /lab. */
function view(guest: Guest): string {
  const guests = dirname(guest.folder)
  const lab = dirname(guests)
  const folder = join(lab, 'view')
  if (existsSync(folder)) return folder
  mkdirSync(join(lab, 'net/api'), { recursive: true })
  mkdirSync(join(lab, 'net/addresses'), { recursive: true })
  mkdirSync(folder)
  symlinkSync(process.execPath, join(folder, 'bun'))
  symlinkSync(join(here, 'guest'), join(folder, 'guest'))
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  symlinkSync(join(lab, 'net'), join(folder, 'net'))
  symlinkSync(guests, join(folder, 'guests'))
  return folder
}

async function boot(guest: Guest, network: Boot): Promise<void> {
  const root = rootOf(guest)
  const lab = view(guest)
  // Plain folders of the root disk until PID 1 mounts its own; a new boot finds them empty.
  for (const folder of ['run', 'tmp'])
    for (const entry of readdirSync(join(root, folder)))
      rmSync(join(root, folder, entry), { recursive: true, force: true })
  writeFileSync(join(root, 'etc/hosts'), `127.0.0.1 localhost\n${network.address} ${guest.hostname}\n`)
  writeFileSync(join(root, 'etc/resolv.conf'), `nameserver ${network.gateway}\n`)
  writeFileSync(join(root, 'lab-address'), `${network.address} ${network.prefixLength} ${network.address6 ?? ''}\n`)
  writeFileSync(join(root, 'lab-mtu'), `${network.mtu}\n`)
  writeFileSync(
    join(root, 'lab-kernel'),
    `release=${network.kernel}\nnf_tables=${network.kernelHasNfTables ? 'yes' : 'no'}\n`,
  )
  for (const file of readdirSync(join(dirname(lab), 'net/addresses'))) {
    const path = join(dirname(lab), 'net/addresses', file)
    if (readFileSync(path, 'utf8').trim() === guest.hostname) rmSync(path)
  }
  for (const address of [network.address, network.address6]) {
    if (address !== undefined) writeFileSync(join(dirname(lab), 'net/addresses', address), guest.hostname)
  }

  const bootLog = openSync(join(guest.folder, 'boot.log'), 'a')
  const console = openSync(join(guest.folder, 'console.log'), 'w')
  writeFileSync(bootLog, `Booting ${guest.id} with address ${network.address}\n`)
  const mounts = [
    ...guest.mounts.flatMap(({ source, target, readOnly, isVolume }) => [
      source,
      target,
      `${isVolume ? 'volume-' : ''}${readOnly ? 'ro' : 'rw'}`,
    ]),
    ...network.maskedPaths.flatMap((path) => ['-', path, 'masked']),
    ...network.readonlyPaths.flatMap((path) => ['-', path, 'read-only']),
  ]
  const child = spawn(
    'unshare',
    [
      '--pid',
      '--fork',
      '--kill-child',
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--propagation',
      'private',
      join(here, 'boot.sh'),
      root,
      guest.hostname,
      join(guest.folder, 'local'),
      lab,
      guest.capabilities === 'all' ? '' : boundingSet(guest.capabilities),
      String(guest.argv.length),
      ...guest.argv,
      ...mounts,
    ],
    { detached: true, stdio: ['ignore', console, bootLog], env: { PATH: guestPath, HOME: '/root' } },
  )
  child.unref()
  let exit: number | undefined
  child.once('exit', (code) => {
    exit = code ?? 1
  })
  for (;;) {
    const init = childrenOf(child.pid ?? 0)[0]
    if (init !== undefined && readLink(`/proc/${init}/root`) === root) {
      noteInit(guest, init)
      break
    }
    if (exit !== undefined)
      throw new Error(
        `guest ${guest.id} ended while it booted: ${readFileSync(join(guest.folder, 'boot.log'), 'utf8').slice(-500)}`,
      )
    await new Promise((done) => setTimeout(done, 2))
  }
  closeSync(bootLog)
  closeSync(console)
}

function remove(guest: Guest): void {
  rmSync(join(dirname(dirname(guest.folder)), 'net/api', `${guest.hostname}.json`), { force: true })
  rmSync(guest.folder, { recursive: true, force: true })
}

/** From the processes themselves: a simulated guest has no control group of its own. */
function usage(guest: Guest): Usage | undefined {
  const init = initOf(guest)
  if (init === undefined) return undefined
  let ticks = 0
  let memoryUsageBytes = 0
  const processes = processesOf(init)
  for (const pid of processes) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      ticks += Number(fields[11]) + Number(fields[12])
      memoryUsageBytes += Number(fields[21]) * 4096
    } catch {
      // It has just ended.
    }
  }
  return {
    cpuUsageUsec: ticks * 10_000,
    memoryUsageBytes,
    numProcesses: processes.length,
    ...networkBytes(init),
  }
}

function logs({ folder }: Guest, ofBoots: boolean): string | undefined {
  const path = join(folder, ofBoots ? 'boot.log' : 'console.log')
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function dial(guest: Guest, port: number): Dial | undefined {
  const path = join(rootOf(guest), `run/lab/${port}.sock`)
  return existsSync(path) ? { path } : undefined
}
