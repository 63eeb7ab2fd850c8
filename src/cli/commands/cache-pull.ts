import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const cachePull = defineCommand({
  name: ['cache', 'pull'],
  summary: 'Pull images from their registries into the image cache',
  details: [
    'Fetches one platform, layers side by side, each verified by its digest. A pull that is broken off goes on where it was; what is there is not fetched again.',
    'Credentials are those of "docker login". KINA_REGISTRY_MIRRORS names mirrors, such as docker.io=https://mirror.example.',
  ],
  positionals: [{ name: 'IMAGE', help: 'Image reference', isRequired: true, isList: true }],
  options: {
    platform: { value: 'PLATFORM', help: 'Platform of the images, default that of nodes on this machine' },
    maxSize: { value: 'SIZE', help: 'Prune to this size afterwards, default KINA_CACHE_MAX_SIZE, else 20g' },
    output: outputOption,
  },
  examples: ['kina cache pull kindest/node:v1.37.0', 'kina cache pull nginx:1.29 redis:8 --platform linux/arm64'],
  async run({ kina, values, words, stdout }) {
    const [{ fullReferences, platformFor }, { pullIntoCache }, { render }, { bytesText }] = await Promise.all([
      import('../open-cache.ts'),
      import('../pull-into-cache.ts'),
      import('../render/output.ts'),
      import('../render/bytes.ts'),
    ])
    const platform = platformFor(kina, values.platform)
    const pulled = await pullIntoCache(kina, fullReferences(words), { platform, maxSize: values.maxSize })
    stdout(
      await render(
        {
          columns: ['IMAGE', 'PLATFORM', 'DIGEST', 'SIZE', 'FETCHED'],
          rows: pulled.map(({ image, bytes, fetchedBytes }) => [
            image.reference,
            image.platform,
            image.manifest.digest.slice('sha256:'.length).slice(0, 12),
            bytesText(bytes),
            bytesText(fetchedBytes),
          ]),
          names: pulled.map(({ image }) => image.reference),
          data: pulled.map(({ image, bytes, fetchedBytes }) => ({
            name: image.reference,
            platform: image.platform,
            digest: image.manifest.digest,
            bytes,
            fetchedBytes,
          })),
        },
        values.output ?? 'table',
      ),
    )
    return 0
  },
})
