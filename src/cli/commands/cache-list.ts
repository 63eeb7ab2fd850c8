import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const cacheList = defineCommand({
  name: ['cache', 'list'],
  summary: 'List the images in the image cache',
  details: ['Layers that several images share are counted for each; the folder holds them once.'],
  positionals: [],
  options: { output: outputOption },
  examples: ['kina cache list', 'kina cache list -o json'],
  async run({ kina, values, stdout }) {
    const [{ openCache }, { readIndexFile }, { imageParts }, { render }, { bytesText }] = await Promise.all([
      import('../open-cache.ts'),
      import('../../images/store/index-file.ts'),
      import('../../images/store/image-parts.ts'),
      import('../render/output.ts'),
      import('../render/bytes.ts'),
    ])
    const store = await openCache(kina, 'cache list')
    const { images } = await readIndexFile(store)
    const rows = await Promise.all(
      images.map(async ({ reference, platform, manifest, lastUsed, ...image }) => {
        const { blobs, isComplete } = await imageParts(store, { manifest, ...image })
        const bytes = blobs.reduce((sum, { size }) => sum + size, 0)
        return {
          name: reference,
          platform,
          digest: manifest.digest,
          bytes,
          lastUsed: lastUsed.toISOString(),
          isComplete,
        }
      }),
    )
    rows.sort((a, b) => b.lastUsed.localeCompare(a.lastUsed) || a.name.localeCompare(b.name))
    if (rows.length === 0) kina.report({ kind: 'notice', message: 'The image cache is empty' })
    stdout(
      await render(
        {
          columns: ['IMAGE', 'PLATFORM', 'DIGEST', 'SIZE', 'LAST USED', 'COMPLETE'],
          rows: rows.map(({ name, platform, digest, bytes, lastUsed, isComplete }) => [
            name,
            platform,
            digest.slice('sha256:'.length).slice(0, 12),
            bytesText(bytes),
            lastUsed.replace(/\.\d+Z$/, 'Z'),
            isComplete ? 'yes' : 'no',
          ]),
          names: rows.map(({ name }) => name),
          data: rows,
        },
        values.output ?? 'table',
      ),
    )
    return 0
  },
})
