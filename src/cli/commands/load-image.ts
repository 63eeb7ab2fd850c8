import { defineCommand } from '../define-command.ts'
import { imageNames, loadOptions, targetOf, wantedImages } from '../load-options.ts'

export const loadImage = defineCommand({
  name: ['load', 'image'],
  summary: 'Load images of this machine into the nodes of a cluster',
  details: [
    "Looks in Apple's image store, then asks docker and podman where they are installed, then looks in the image cache. Only the nodes' platform is loaded, and only layers that a node lacks.",
  ],
  positionals: [imageNames],
  options: loadOptions,
  examples: ['kina load image web:1.0', 'kina load image web:1.0 api:1.0 --name dev --nodes dev-worker'],
  async run({ kina, values, words }) {
    const wanted = wantedImages(words)
    const [{ loadReferences }, { imageCache }] = await Promise.all([
      import('../../cluster/load/load-references.ts'),
      import('../open-cache.ts'),
    ])
    const places = ['container', 'docker', 'podman', imageCache(kina)] as const
    await loadReferences(kina, wanted, targetOf(kina, values), places)
    return 0
  },
})
