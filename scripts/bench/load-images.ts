import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { podman, runWithin } from '../../test/lab/podman/run.ts'

export const loaded = 'localhost/bench/app:latest'

/** Files of the large layer, each of so many bytes: 500 MB in pieces as programs and their libraries have them. */
const [files, fileBytes] = [2000, 250_000]
const smallBytes = 500_000

/** podman writes every file more than once. */
const buildMs = 600_000

/** Keeps each of the two from becoming an image without a name, which nobody could remove. */
const tagOf = (name: string): string => loaded.replace('latest', name)

export interface BenchImages {
  /** What nobody has seen before. */
  readonly first: string
  /** The same with another small layer on top. */
  readonly rebuilt: string
  /** `rebuilt` in the form that Apple's store takes, OCI's. */
  readonly forStore: string
}

/** Archives as `podman save` writes them, under one name, with content of their own. @param folder is made. */
export async function makeBenchImages(folder: string): Promise<BenchImages> {
  await mkdir(join(folder, 'context/large'), { recursive: true })
  const context = join(folder, 'context')
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY large /large\nCOPY small /small\nCMD ["/small"]\n')
  for (let index = 0; index < files; index++)
    await writeFile(join(context, 'large', String(index)), await randomBytes(fileBytes))
  const build = async (name: string): Promise<string> => {
    await writeFile(join(context, 'small'), await randomBytes(smallBytes))
    await runWithin(buildMs, 'podman', 'build', '--quiet', '--layers', '--tag', loaded, '--tag', tagOf(name), context)
    const archive = join(folder, `${name}.tar`)
    await runWithin(buildMs, 'podman', 'save', '--quiet', '--format', 'docker-archive', '--output', archive, loaded)
    return archive
  }
  const first = await build('first')
  const rebuilt = await build('rebuilt')
  const forStore = join(folder, 'store.tar')
  await runWithin(buildMs, 'podman', 'save', '--quiet', '--format', 'oci-archive', '--output', forStore, loaded)
  await rm(context, { recursive: true })
  return { first, rebuilt, forStore }
}

/** Takes both, and what they were built from, off the machine again. */
export async function removeBenchImages(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await podman('image', 'rm', '--force', '--ignore', loaded, tagOf('first'), tagOf('rebuilt'))
}

/** As incompressible as programs that are compressed already. */
async function randomBytes(count: number): Promise<Uint8Array> {
  const source = await open('/dev/urandom')
  try {
    const bytes = new Uint8Array(count)
    for (let at = 0; at < count;) at += (await source.read(bytes, at, count - at)).bytesRead
    return bytes
  } finally {
    await source.close()
  }
}
