/**
 * Builds the lab's node image from Debian packages and Go modules: `scripts/node-image [1.37|1.35]`. Needs root,
 * debootstrap, Go and gcc. Every part is kept under its key, so a second build takes seconds.
 * Prints the path of an OCI archive.
 */
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { cached, digestOf } from './cache.ts'
import { containerdPrograms, crictl, kubernetesPrograms, releaseOf, type Release } from './components.ts'
import { debianTree, nodePackages } from './debian.ts'
import { buildGoPrograms } from './go-programs.ts'
import { writeOciArchive } from './oci-archive.ts'
import { podImages } from './pod-images.ts'

const here = import.meta.dirname
const quiet = $({ quiet: true, stdio: ['ignore', 'pipe', 'pipe'] })

/** @returns path of the OCI archive. */
export async function buildNodeImage(version: string): Promise<string> {
  const release = releaseOf(version)
  const kubernetes = await buildGoPrograms(kubernetesPrograms(release))
  const ownContainerd = containerdPrograms(release)
  const containerd = ownContainerd && (await buildGoPrograms(ownContainerd))
  const runtimeTool = await buildGoPrograms(crictl)
  const debian = await debianTree('node', nodePackages)
  const pods = await podImages(release)
  const key = digestOf(kubernetes, containerd ?? '', runtimeTool, debian, pods, await textOfFolder(here))
  const folder = await cached(`node-${release.kubernetes}`, key, async (draft) => {
    const root = join(draft, 'root')
    await quiet`cp -a ${join(debian, 'root')} ${root}`
    for (const name of ['kubeadm', 'kubelet', 'kubectl'])
      await copyFile(join(kubernetes, name), join(root, 'usr/bin', name))
    if (containerd)
      for (const name of await readdir(containerd)) await copyFile(join(containerd, name), join(root, 'usr/bin', name))
    await copyFile(join(runtimeTool, 'crictl'), join(root, 'usr/bin/crictl'))
    await cp(join(here, 'root'), root, { recursive: true, force: true })
    await chmod(join(root, 'usr/local/bin/entrypoint'), 0o755)
    await finish(root, release, (await readFile(join(pods, 'pause'), 'utf8')).trim())
    await importPodImages(root, join(pods, 'images.tar'))
    await writeOciArchive(join(draft, 'image.tar'), [
      {
        reference: `docker.io/kindest/node:${release.kubernetes}`,
        layers: [root],
        entrypoint: ['/usr/local/bin/entrypoint', '/sbin/init'],
        environment: ['container=docker'],
        stopSignal: 'SIGRTMIN+3',
      },
    ])
    await rm(root, { recursive: true })
  })
  return join(folder, 'image.tar')
}

/** A kubectl for the host, of the same release. */
export async function kubectlOf(version: string): Promise<string> {
  return join(await buildGoPrograms(kubernetesPrograms(releaseOf(version))), 'kubectl')
}

async function finish(root: string, { kubernetes }: Release, pause: string): Promise<void> {
  await mkdir(join(root, 'opt/cni'), { recursive: true })
  await symlink('/usr/lib/cni', join(root, 'opt/cni/bin'))
  await mkdir(join(root, 'etc/cni/net.d'), { recursive: true })
  await rm(join(root, 'etc/cni/net.d/87-podman-bridge.conflist'), { force: true })
  await mkdir(join(root, 'etc/kubernetes/manifests'), { recursive: true })
  await mkdir(join(root, 'lib/modules'), { recursive: true })
  await writeFile(join(root, 'kind/version'), `${kubernetes}\n`)
  await writeFile(join(root, 'etc/machine-id'), '')
  // systemd would take it for that of every node.
  await rm(join(root, 'var/lib/dbus/machine-id'), { force: true })
  const config = join(root, 'etc/containerd/config.toml')
  await writeFile(config, (await readFile(config, 'utf8')).replace('PAUSE_IMAGE', pause))
  await quiet`chroot ${root} systemctl enable containerd.service kubelet.service`
  // Nothing logs in to a node, and timers only disturb it.
  const masked = [
    'getty.target',
    'console-getty.service',
    'systemd-logind.service',
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'fstrim.timer',
    'systemd-udevd.service',
    'systemd-journal-flush.service',
  ]
  await quiet`chroot ${root} systemctl mask ${masked}`
}

/** containerd takes the images in, packed, as a node image of kind's has them. */
async function importPodImages(root: string, archive: string): Promise<void> {
  const script = join(here, 'import-images.sh')
  await quiet`unshare --mount --pid --fork --kill-child bash ${script} ${root} ${archive}`
}

async function textOfFolder(folder: string): Promise<string> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  return (
    await Promise.all(paths.map(async (path) => `${path.slice(folder.length)}\n${await readFile(path, 'utf8')}`))
  ).join('\n')
}

if (import.meta.main) console.log(await buildNodeImage(process.argv[2] ?? '1.37'))
