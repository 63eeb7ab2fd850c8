import { storedName } from '../../apple-container/stored-name.ts'
import { skipped, type Step } from '../../plan/plan.ts'
import type { CreateRun } from '../create-run.ts'
import type { ClusterSpec } from '../spec.ts'

/** Every node image is in the local store, pulled for the node's platform alone where it was not. */
export function ensureNodeImages(spec: ClusterSpec): Step<CreateRun> {
  const images = [...new Set(spec.nodes.map(({ image }) => image))]
  return {
    id: 'ensure-node-images',
    title: `Ensure node image ${images.map(shortened).join(', ')}`,
    phase: 'node image',
    needs: [],
    async run({ apple, kina }, signal) {
      const present = new Set(await apple.listImages({ signal }))
      const wanted = images.filter((image) => !present.has(storedName(image)))
      if (wanted.length === 0) return skipped('present')
      await Promise.all(
        wanted.map((image) => apple.pullImage(image, spec.platform, { signal, within: kina.deadlines.pullImage })),
      )
    },
  }
}

function shortened(reference: string): string {
  return reference.replace(/^docker\.io\//, '').replace(/@sha256:.*$/, '')
}
