import { KinaError } from '../../errors.ts'
import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const cachePrune = defineCommand({
  name: ['cache', 'prune'],
  summary: 'Remove from the image cache what was not used for longest',
  details: [
    'Removes what pulls have left that did not come to their end, then images, the one that was not used for longest first, until the cache has its size. What a running command uses stays.',
  ],
  positionals: [],
  options: {
    maxSize: { value: 'SIZE', help: 'Size to come to, default KINA_CACHE_MAX_SIZE, else 20g' },
    all: { help: 'Remove all that no running command uses' },
    output: outputOption,
  },
  examples: ['kina cache prune', 'kina cache prune --max-size 5g', 'kina cache prune --all'],
  async run({ kina, values, stdout }) {
    if (values.all && values.maxSize !== undefined) {
      throw new KinaError('usage', 'Cannot prune to a size and everything at once', {
        hint: 'Give --all or --max-size',
      })
    }
    const [{ cacheBound, openCache }, { pruneStore }, { render }, { bytesText }] = await Promise.all([
      import('../open-cache.ts'),
      import('../../images/store/prune.ts'),
      import('../render/output.ts'),
      import('../render/bytes.ts'),
    ])
    const [{ pruneDisks }, { preparedFolder }, { defaults }] = await Promise.all([
      import('../../cluster/prepared/disk-folder.ts'),
      import('../../cluster/state-folder.ts'),
      import('../../config/defaults.ts'),
    ])
    const maxBytes = values.all ? 0 : cacheBound(kina, values.maxSize)
    const { images, freedBytes, leftBytes } = await pruneStore(await openCache(kina, 'cache prune'), {
      maxBytes,
      remains: true,
    })
    const disks = await pruneDisks(kina.host, preparedFolder(kina.host), maxBytes * defaults.preparedShare)
    const freed = disks.reduce((sum, { bytes }) => sum + bytes, freedBytes)
    kina.report({ kind: 'notice', message: `Freed ${bytesText(freed)}, ${bytesText(leftBytes)} are left` })
    if (leftBytes > maxBytes) {
      kina.report({
        kind: 'notice',
        message: 'What is left is used by running commands, or was put there by other tools',
      })
    }
    stdout(
      await render(
        {
          columns: ['REMOVED', 'PLATFORM'],
          rows: [
            ...images.map(({ reference, platform }) => [reference, platform]),
            ...disks.map(({ image }) => [`prepared disk of ${image}`, '']),
          ],
          names: images.map(({ reference }) => reference),
          data: {
            removed: images.map(({ reference, platform }) => ({ name: reference, platform })),
            disks: disks.map(({ id, image, bytes }) => ({ id, image, bytes })),
            freedBytes: freed,
            leftBytes,
          },
        },
        values.output ?? 'name',
      ),
    )
    return 0
  },
})
