import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const cacheWarm = defineCommand({
  name: ['cache', 'warm'],
  summary: 'Prepare disks from which nodes start faster',
  details: [
    'A prepared disk holds what every node of an image unpacks when it starts, and what every API server writes first. It is made once, in a container of its own that is no node, and "create cluster" gives every node a clone of it. No key, certificate, token or name of a node is ever on it.',
    'The cache has to be on the same APFS volume as the data of container, which it is unless KINA_CACHE_DIR says otherwise.',
  ],
  positionals: [{ name: 'IMAGE', help: 'Node image, default that of create cluster', isList: true }],
  options: {
    imageCache: {
      value: 'MODE',
      help: 'Where images come from that container does not have, as for create cluster',
      choices: ['auto', 'on', 'off'],
    },
    output: outputOption,
  },
  examples: ['kina cache warm', 'kina cache warm kindest/node:v1.36.1'],
  async run({ kina, values, words, stdout }) {
    const [{ cacheBound, fullReferences, nodeImageCache, platformFor }, { warm }, { preparedFolder }, config, output] =
      await Promise.all([
        import('../open-cache.ts'),
        import('../../cluster/prepared/warm.ts'),
        import('../../cluster/state-folder.ts'),
        Promise.all([import('../../config/defaults.ts'), import('../../config/node-images.ts')]),
        Promise.all([import('../render/output.ts'), import('../render/bytes.ts')]),
      ])
    const [{ defaults }, { defaultNodeImage }] = config
    const [{ render }, { bytesText }] = output
    const warmed = await warm(kina, {
      images: fullReferences(words.length > 0 ? words : [defaultNodeImage]),
      platform: platformFor(kina, undefined),
      imageCache: nodeImageCache(kina, values.imageCache ?? 'auto'),
      folder: preparedFolder(kina.host),
      maxBytes: cacheBound(kina, undefined) * defaults.preparedShare,
    })
    stdout(
      await render(
        {
          columns: ['IMAGE', 'KUBERNETES', 'ID', 'SIZE', 'MADE'],
          rows: warmed.map(({ disk: { image, kubernetes, id, bytes }, isNew }) => [
            image,
            kubernetes,
            id.slice(0, 12),
            bytesText(bytes),
            isNew ? 'now' : 'before',
          ]),
          names: warmed.map(({ disk }) => disk.image),
          data: warmed.map(({ disk: { image, kubernetes, id, bytes }, isNew }) => ({
            name: image,
            kubernetes,
            id,
            bytes,
            isNew,
          })),
        },
        values.output ?? 'table',
      ),
    )
    return 0
  },
})
