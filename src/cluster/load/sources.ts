/** Where images are kept on this machine: Apple's store, docker, podman; the image cache is in a file of its own. */
import * as v from 'valibot'
import type { AppleContainer } from '../../apple-container/apple-container.ts'
import { explain } from '../../apple-container/failures.ts'
import { storedName } from '../../apple-container/stored-name.ts'
import { KinaError } from '../../errors.ts'
import { openArchive } from '../../images/archive/open-archive.ts'
import type { OpenImages } from '../../images/image.ts'
import { runsOn } from '../../images/platform.ts'
import type { Kina } from '../kina.ts'
import type { Sketch } from './compare.ts'

export interface Source {
  readonly name: 'container' | 'docker' | 'podman' | 'image cache'
  /** Undefined when it has no such image, or is not there itself. */
  find(reference: string): Promise<Sketch | undefined>
  /** The image and what was saved with it, to be read until it is disposed of. */
  open(reference: string): Promise<OpenImages>
}

export function appleSource({ host, signal }: Kina, apple: AppleContainer, platform: string): Source {
  return {
    name: 'container',
    async find(reference) {
      const variants = await apple.inspectImage(reference, { signal })
      if (variants === undefined) return undefined
      const found = variants.find((its) => runsOn(its, platform))
      if (found) return { manifest: found.manifest, diffIds: found.diffIds }
      throw new KinaError(
        'image-unavailable',
        `Cannot load ${reference}: container's store has nothing of it for the platform ${platform}`,
        {
          seen: [`platforms: ${variants.map(({ os, architecture }) => `${os}/${architecture}`).join(', ') || 'none'}`],
          hint: `Run "container image pull --platform ${platform} ${storedName(reference)}"`,
        },
      )
    },
    open: (reference) => openSaved(host, platform, (file) => apple.saveImage(reference, platform, file, { signal })),
  }
}

const inspected = v.array(
  v.object({
    Id: v.string(),
    Os: v.optional(v.string(), 'linux'),
    Architecture: v.string(),
    RootFS: v.object({ Layers: v.optional(v.nullable(v.array(v.string())), []) }),
  }),
)

/** docker and podman have the same words for what is asked of them. */
export function dockerSource(
  { host, signal, timeoutScale }: Kina,
  program: 'docker' | 'podman',
  platform: string,
): Source {
  const saveWords = program === 'podman' ? ['save', '--format', 'docker-archive'] : ['save']
  return {
    name: program,
    async find(reference) {
      const result = await host.run([program, 'image', 'inspect', reference], {
        within: inspectMs * timeoutScale,
        signal,
      })
      // No program, no daemon, no such image: nothing to be had from here.
      if (result.ended !== 'exited' || result.exitCode !== 0) return undefined
      const [image] = v.parse(inspected, JSON.parse(result.stdout))
      if (!image) return undefined
      const { Id, Os, Architecture, RootFS } = image
      if (!runsOn({ os: Os, architecture: Architecture, variant: '' }, platform)) {
        throw new KinaError('image-unavailable', `Cannot load ${reference}: ${program} has it for another platform`, {
          seen: [`platform: ${Os}/${Architecture}, wanted ${platform}`],
          hint: `Run "${program} pull --platform ${platform} ${reference}", or build it for this platform`,
        })
      }
      return { config: Id.startsWith('sha256:') ? Id : `sha256:${Id}`, diffIds: RootFS.Layers ?? [] }
    },
    open: (reference) =>
      openSaved(host, platform, async (file) => {
        const argv = [program, ...saveWords, '--output', file, reference]
        const result = await host.run(argv, { within: saveMs * timeoutScale, signal })
        if (result.ended !== 'exited' || result.exitCode !== 0)
          throw explain(`save image "${reference}"`, result, program)
      }),
  }
}

/** What can only be had as an archive is laid down in a temporary folder. */
async function openSaved(
  host: Kina['host'],
  platform: string,
  save: (file: string) => Promise<void>,
): Promise<OpenImages> {
  const scratch = await host.scratch()
  try {
    const file = `${scratch.folder}/image.tar`
    await save(file)
    const opened = await openArchive(host, file, platform)
    return {
      images: opened.images,
      async [Symbol.asyncDispose]() {
        await opened[Symbol.asyncDispose]()
        await scratch[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await scratch[Symbol.asyncDispose]()
    throw error
  }
}

const inspectMs = 20_000
const saveMs = 15 * 60_000

/** The first source that has the image. @throws KinaError `image-unavailable`, in kind's words. */
export async function findImage(
  sources: readonly Source[],
  given: string,
  reference: string,
): Promise<{ readonly source: Source; readonly sketch: Sketch }> {
  for (const source of sources) {
    const sketch = await source.find(reference)
    if (sketch) return { source, sketch }
  }
  throw new KinaError('image-unavailable', `image: "${given}" not present locally`, {
    seen: [`looked in: ${sources.map(({ name }) => name).join(', ')}`],
    hint: `Build it, or pull it first: "${sources.some(({ name }) => name === 'image cache') ? 'kina cache' : 'docker'} pull ${given}"`,
  })
}
