/**
 * `up`: installs podman and what the node image is built with, makes a file system that can clone files, builds the node image, and
 * removes what labs have left whose owner is dead.
 * `down`: ends every guest of every lab and removes what `up` made; what was built stays in the cache.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { $, which } from 'zx'
import { buildNodeImage } from '../test/lab/node-image/build.ts'
import { labDisk, labFolder } from '../test/lab/podman/place.ts'
import { removeGuestsBelow } from '../test/lab/podman/remove-guests.ts'
import { seedArchive } from '../test/lab/podman/seed.ts'
import { unmountFolder } from '../test/lab/podman/unmount.ts'
import { sweepDeadLabs } from '../test/lab/podman/sweep.ts'
import { whyNoRealNodes } from './real-nodes.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const quiet = $({ quiet: true, stdio: ['ignore', 'pipe', 'pipe'] })
const diskFile = join(labFolder, 'disk.xfs')

/** Debian's packages, each with a program that shows whether it is there. */
const packages: Readonly<Record<string, string>> = {
  'podman': 'podman',
  'runc': 'runc',
  'iptables': 'iptables',
  'nftables': 'nft',
  'debootstrap': 'debootstrap',
  'xfsprogs': 'mkfs.xfs',
  'e2fsprogs': 'mkfs.ext4',
  'pigz': 'pigz',
  'unzip': 'unzip',
  'gcc': 'gcc',
  'libc6-dev': 'gcc',
}

async function installPackages(): Promise<void> {
  const missing: string[] = []
  for (const [name, program] of Object.entries(packages))
    if (!(await which(program, { nothrow: true }))) missing.push(name)
  if (missing.length === 0) return
  console.error(`lab: install ${missing.join(', ')} ...`)
  const apt = $({ quiet: true, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  await apt`apt-get update`
  await apt`apt-get install --yes --no-install-recommends ${missing}`
}

async function makeDisk(): Promise<void> {
  await mkdir(labDisk, { recursive: true })
  // kube-proxy and the CNI look for modules there, whether there are any or not.
  await mkdir('/lib/modules', { recursive: true })
  if ((await quiet`mountpoint --quiet ${labDisk}`.nothrow()).exitCode === 0) return
  if (!existsSync(diskFile)) {
    await quiet`truncate --size 200G ${diskFile}`
    await quiet`mkfs.xfs -q -m reflink=1 ${diskFile}`
  }
  await quiet`mount -o loop ${diskFile} ${labDisk}`
}

/** All guests share this machine's count of them, which is small by default; a VM has a kernel of its own. */
const inotify: Readonly<Record<string, number>> = { max_user_instances: 4096, max_user_watches: 524_288 }

async function raiseLimits(): Promise<void> {
  for (const [name, wanted] of Object.entries(inotify)) {
    const path = `/proc/sys/fs/inotify/${name}`
    if (Number(await readFile(path, 'utf8')) >= wanted) continue
    await writeFile(path, String(wanted)).catch((error: unknown) =>
      console.error(`lab: ${path} stays as it is, so several clusters at once may fail: ${String(error)}`),
    )
  }
}

async function up(versions: readonly string[]): Promise<void> {
  const reason = whyNoRealNodes()
  if (reason !== undefined) throw new Error(reason)
  await installPackages()
  await makeDisk()
  await raiseLimits()
  for (const root of await sweepDeadLabs()) console.error(`lab: removed what a dead one had left: ${root}`)
  for (const version of versions) {
    // A lab of its own, which leaves what all others use: the unpacked disk and the blobs.
    const root = await mkdtemp(join(labDisk, 'prepare-'))
    await seedArchive(root, await buildNodeImage(version))
    await rm(root, { recursive: true })
  }
  console.error('lab: ready')
}

async function down(): Promise<void> {
  await removeGuestsBelow(labDisk)
  await unmountFolder(labDisk)
  await rm(labFolder, { recursive: true, force: true })
  console.error('lab: removed')
}

const [verb, ...versions] = process.argv.slice(2)
if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('The lab needs Linux and root')
if (verb === 'up') await up(versions.length > 0 ? versions : ['1.37'])
else if (verb === 'down') await down()
else throw new Error('Usage: scripts/lab up [VERSION...] | down')
