import { storedName } from '../../apple-container/stored-name.ts'
import { skipped, type Step } from '../../plan/plan.ts'
import type { CreateRun } from '../create-run.ts'
import { provideNodeImage, shortened } from '../provide-node-image.ts'
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
      await Promise.all(wanted.map((image) => provideNodeImage({ ...run, platform: spec.platform, signal }, image)))
    },
  }
}
