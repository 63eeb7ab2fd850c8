import { defineCommand } from '../define-command.ts'
import { imageNames, loadOptions, targetOf, wantedImages } from '../load-options.ts'

export const loadImage = defineCommand({
  name: ['load', 'image'],
  summary: 'Load images of this machine into the nodes of a cluster',
  details: [
    "Looks in Apple's image store, then asks docker and podman where they are installed. Only the nodes' platform is loaded, and only layers that a node lacks.",
  ],
  positionals: [imageNames],
  options: loadOptions,
  examples: ['kina load image web:1.0', 'kina load image web:1.0 api:1.0 --name dev --nodes dev-worker'],
  async run({ kina, values, words }) {
    const wanted = wantedImages(words)
    const { loadReferences } = await import('../../cluster/load/load-references.ts')
    await loadReferences(kina, wanted, targetOf(kina, values), 'any')
    return 0
  },
})
