import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, digestOf } from './cache.ts'
import { debianTree } from './debian.ts'
import { writeOciArchive } from './oci-archive.ts'

export const nginxReference = 'docker.io/kina-lab/nginx:1'

/** An application as users have it, one layer of some 35 MB packed: Debian's nginx. @returns an OCI archive that no node image has. */
export async function nginxArchive(): Promise<string> {
  const tree = await debianTree('nginx', ['nginx'])
  const own = await readFile(import.meta.filename, 'utf8')
  const folder = await cached('nginx', digestOf(own, tree), async (draft) => {
    await writeOciArchive(join(draft, 'image.tar'), [
      { reference: nginxReference, layers: [join(tree, 'root')], command: ['nginx', '-g', 'daemon off;'] },
    ])
  })
  return join(folder, 'image.tar')
}
