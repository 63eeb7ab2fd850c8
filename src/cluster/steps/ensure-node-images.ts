import { storedName } from '../../apple-container/stored-name.ts'
import { KinaError } from '../../errors.ts'
import { skipped, type Step } from '../../plan/plan.ts'
import type { CreateRun } from '../create-run.ts'
import type { ClusterSpec } from '../spec.ts'

/**
 * Every node image is in the store of `container`, for the node's platform alone: it is there, or comes from the image cache, or
 * is pulled into the cache first. Where there is no cache to be used, `container` pulls it.
 */
export function ensureNodeImages(spec: ClusterSpec): Step<CreateRun> {
  const images = [...new Set(spec.nodes.map(({ image }) => image))]
  return {
    id: 'ensure-node-images',
    title: `Ensure node image ${images.map(shortened).join(', ')}`,
    phase: 'node image',
    needs: [],
    async run(run, signal) {
      const present = new Set(await run.apple.listImages({ signal }))
      const wanted = images.filter((image) => !present.has(storedName(image)))
      if (wanted.length === 0) return skipped('present')
      await Promise.all(wanted.map((image) => provide(run, image, signal)))
    },
  }
}

async function provide(
  { apple, kina, spec, imageCache }: CreateRun,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  const { platform } = spec
  if (imageCache !== undefined) {
    const { loadFromCache } = await import('../load-from-cache.ts')
    try {
      await loadFromCache({ kina, apple, signal }, imageCache, { reference: image, platform })
      return
    } catch (error) {
      if (imageCache.mode === 'on' || signal.aborted || !(error instanceof KinaError)) throw error
      const why = [error.message, ...error.seen].join(': ')
      kina.report({
        kind: 'warning',
        message: `Leave ${shortened(image)} to "container image pull", the image cache cannot give it: ${why}`,
      })
    }
  }
  await apple.pullImage(image, platform, { signal, within: kina.deadlines.pullImage })
}

function shortened(reference: string): string {
  return reference.replace(/^docker\.io\//, '').replace(/@sha256:.*$/, '')
}
