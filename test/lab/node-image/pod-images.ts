import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'zx'
import { cached, digestOf } from './cache.ts'
import { corednsPrograms, etcdPrograms, kubernetesPrograms, localPathProvisioner, type Release } from './components.ts'
import { debianTree, toolPackages } from './debian.ts'
import { buildGoPrograms, buildOwnGoProgram } from './go-programs.ts'
import { writeOciArchive, type Image } from './oci-archive.ts'

const quiet = $({ quiet: true, stdio: ['ignore', 'pipe', 'pipe'] })

/** Images that a node brings along: those that its kubeadm names, its network and its storage. @returns an OCI archive. */
export async function podImages(release: Release): Promise<string> {
  const kubernetes = await buildGoPrograms(kubernetesPrograms(release))
  const etcd = await buildGoPrograms(etcdPrograms(release))
  const coredns = await buildGoPrograms(corednsPrograms(release))
  const provisioner = await buildGoPrograms(localPathProvisioner)
  const cni = await buildOwnGoProgram('cni', join(import.meta.dirname, 'cni'))
  const tools = await debianTree('tools', toolPackages)
  const parts = [kubernetes, etcd, coredns, provisioner, cni, tools]
  const own = await readFile(import.meta.filename, 'utf8')
  const folder = await cached(`pod-images-${release.kubernetes}`, digestOf(own, ...parts), async (draft) => {
    const { stdout } =
      await quiet`${join(kubernetes, 'kubeadm')} config images list --kubernetes-version ${release.kubernetes}`
    const named = stdout.trim().split('\n')
    const reference = (part: string): string => {
      const found = named.find((image) => image.includes(`/${part}:`))
      if (!found) throw new Error(`kubeadm names no image ${part}: ${named.join(' ')}`)
      return found
    }
    const work = await mkdtemp(join(tmpdir(), 'kina-lab-pods-'))
    try {
      const alone = async (file: string, path: string): Promise<string> => {
        const root = join(work, path.replaceAll('/', '-'))
        await mkdir(join(root, path, '..'), { recursive: true })
        await copyFile(file, join(root, path))
        await chmod(join(root, path), 0o755)
        return root
      }
      const etcdRoot = await alone(join(etcd, 'server'), 'usr/local/bin/etcd')
      for (const name of ['etcdctl', 'etcdutl']) await copyFile(join(etcd, name), join(etcdRoot, 'usr/local/bin', name))
      const base = join(tools, 'root')
      const images: Image[] = []
      for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
        images.push({
          reference: reference(name),
          layers: [await alone(join(kubernetes, name), `usr/local/bin/${name}`)],
        })
      }
      images.push(
        {
          reference: reference('kube-proxy'),
          layers: [base, await alone(join(kubernetes, 'kube-proxy'), 'usr/local/bin/kube-proxy')],
        },
        { reference: reference('etcd'), layers: [etcdRoot] },
        {
          reference: reference('coredns'),
          layers: [await alone(await only(coredns), 'coredns')],
          entrypoint: ['/coredns'],
        },
        { reference: reference('pause'), layers: [await pauseRoot(work)], entrypoint: ['/pause'] },
        {
          reference: 'docker.io/kina-lab/local-path-provisioner:v0.0.30',
          layers: [await alone(await only(provisioner), 'usr/bin/local-path-provisioner')],
        },
        {
          reference: 'docker.io/kina-lab/cni:1',
          layers: [base, await alone(join(cni, 'cni'), 'usr/local/bin/cni')],
          command: ['/usr/local/bin/cni'],
        },
        { reference: 'docker.io/kina-lab/tools:1', layers: [base], command: ['/bin/sh'] },
        {
          reference: 'docker.io/kina-lab/agnhost:1',
          layers: [await alone(join(kubernetes, 'agnhost'), 'agnhost')],
          entrypoint: ['/agnhost'],
        },
      )
      await writeOciArchive(join(draft, 'images.tar'), images)
      await writeFile(join(draft, 'pause'), reference('pause'))
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
  return folder
}

/** The one program of a folder, whatever Go calls it. */
async function only(folder: string): Promise<string> {
  const [file, ...more] = await readdir(folder)
  if (file === undefined || more.length > 0) throw new Error(`${folder} should hold one program`)
  return join(folder, file)
}

async function pauseRoot(work: string): Promise<string> {
  const root = join(work, 'pause-root')
  await mkdir(root)
  const source = join(import.meta.dirname, 'pause.c')
  await quiet`gcc -Os -static -s -o ${join(root, 'pause')} ${source}`
  return root
}
