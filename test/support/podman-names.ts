import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { cached, digestOf } from '../lab/node-image/cache.ts'

const packages = ['netavark', 'aardvark-dns'] as const

/**
 * Programs with which containers of podman find each other by name, as kind's nodes must; without them a network of podman's has
 * no names. They are unpacked from Debian's packages, not installed: installed ones would change what all of podman does on a
 * machine that has not used it yet.
 * @returns a folder for `helper_binaries_dir` of containers.conf.
 */
export async function podmanNames(): Promise<string> {
  const folder = await cached('podman-names', digestOf(...packages), async (draft) => {
    const apt = $({ quiet: true, cwd: draft, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    if ((await apt`apt-get download ${packages}`.nothrow()).exitCode !== 0) {
      await apt`apt-get update`
      await apt`apt-get download ${packages}`
    }
    for (const file of (await readdir(draft)).filter((name) => name.endsWith('.deb'))) await apt`dpkg -x ${file} .`
  })
  return join(folder, 'usr/lib/podman')
}
