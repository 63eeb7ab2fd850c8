import { defineCommand } from '../define-command.ts'
import { imageNames, loadOptions, targetOf, wantedImages } from '../load-options.ts'

export const loadDockerImage = defineCommand({
  name: ['load', 'docker-image'],
  summary: 'Load images of docker into the nodes of a cluster',
  details: [
    "As load image, from docker, or from podman where docker does not have it. Under kind's name only from docker.",
  ],
  positionals: [imageNames],
  options: loadOptions,
  examples: ['kina load docker-image web:1.0', 'kina load docker-image web:1.0 --nodes kina-worker,kina-worker2'],
  async run({ kina, values, words }) {
    const wanted = wantedImages(words)
    const { loadReferences } = await import('../../cluster/load/load-references.ts')
    // kind asks docker alone.
    const places = kina.product === 'kind' ? (['docker'] as const) : (['docker', 'podman'] as const)
    await loadReferences(kina, wanted, targetOf(kina, values), places)
    return 0
  },
})
