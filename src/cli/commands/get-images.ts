import { defineCommand } from '../define-command.ts'
import { clusterNameFor, nameOption, outputOption } from '../shared-options.ts'

export const getImages = defineCommand({
  name: ['get', 'images'],
  summary: 'List the images that the nodes of a cluster have',
  positionals: [{ name: 'NAME', help: 'Name of the cluster' }],
  options: { name: nameOption, output: outputOption },
  examples: ['kina get images', 'kina get images dev -o name'],
  async run({ kina, values, words, stdout }) {
    const name = clusterNameFor(kina, values.name, words)
    const [{ listImages }, { render }] = await Promise.all([
      import('../../cluster/list-images.ts'),
      import('../render/output.ts'),
    ])
    const images = await listImages(kina, name)
    stdout(
      await render(
        {
          columns: ['NAME', 'DIGEST', 'SIZE', 'NODES'],
          rows: images.map(({ name: its, digest, size, nodes }) => [
            its,
            digest.slice(0, 'sha256:'.length + 12),
            size,
            nodes.join(','),
          ]),
          names: [...new Set(images.map(({ name: its }) => its))],
          data: images,
        },
        values.output ?? 'table',
      ),
    )
    return 0
  },
})
