import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { buildGoPrograms } from '../lab/node-image/go-programs.ts'
import { podman, runWithin } from '../lab/podman/run.ts'
import { podmanNames } from './podman-names.ts'

/** The release that kina under the name kind is compared with; also what `src/version.ts` says. */
export const kindRelease = 'v0.33.0'

/** podman writes each of the thousands of files of an image: minutes on a disk that is busy. */
const loadMs = 600_000

/** The real kind with podman, its own home, and the lab's node image in podman's store. */
export interface RealKind {
  readonly program: string
  readonly env: Readonly<Record<string, string>>
  readonly home: string
  /** Takes its network and the image off the machine; clusters are the business of who made them. */
  remove(): Promise<void>
}

/**
 * @param folder where its home is made.
 * @param archive node image, an OCI archive.
 * @throws when podman has nodes of kind's already: they would be in the way, and might be deleted.
 */
export async function makeRealKind(folder: string, archive: string): Promise<RealKind> {
  const nodes = await podman('ps', '--all', '--filter=label=io.x-k8s.kind.cluster', '--format={{.Names}}')
  if (nodes.trim() !== '')
    throw new Error(`podman has nodes of kind's, remove their clusters first: ${nodes.trim().replaceAll('\n', ', ')}`)
  const programs = await buildGoPrograms({
    name: 'kind',
    module: 'sigs.k8s.io/kind',
    version: kindRelease,
    packages: ['sigs.k8s.io/kind'],
  })
  const home = join(folder, 'kind')
  await mkdir(home)
  const settings = join(folder, 'containers.conf')
  await writeFile(settings, containersConf(await podmanNames()))
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    KUBECONFIG: join(home, 'config'),
    KIND_EXPERIMENTAL_PROVIDER: 'podman',
    CONTAINERS_CONF: settings,
  }
  const loaded = await runWithin(loadMs, 'podman', 'load', '--input', archive)
  const [, reference] = /^Loaded image: (\S+)$/m.exec(loaded) ?? []
  if (reference === undefined) throw new Error(`podman does not say what it has loaded from ${archive}: ${loaded}`)
  return {
    program: join(programs, 'kind'),
    home,
    env,
    async remove() {
      await $({ quiet: true, env })`podman network rm --force kind`
      await podman('image', 'rm', '--force', '--ignore', reference)
    },
  }
}

/** podman asks for more files and processes than a machine in a sandbox may give; only kind's calls of it read this. */
function containersConf(helpers: string): string {
  return [
    '[containers]',
    'default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]',
    '[engine]',
    'runtime = "runc"',
    `helper_binaries_dir = [${JSON.stringify(helpers)}, "/usr/libexec/podman", "/usr/lib/podman"]`,
    '[network]',
    'network_backend = "netavark"',
    '',
  ].join('\n')
}
