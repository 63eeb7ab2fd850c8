import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const cacheVerify = defineCommand({
  name: ['cache', 'verify'],
  summary: 'Compare everything in the image cache with its digest',
  details: [
    'Damaged files are dropped, and images that lack something are listed; pulling them again fetches what is missing. The exit code is 1 when something was damaged or is missing.',
  ],
  positionals: [],
  options: { output: outputOption },
  examples: ['kina cache verify'],
  async run({ kina, values, stdout }) {
    const [{ openCache }, { verifyStore }, { render }, { bytesText }] = await Promise.all([
      import('../open-cache.ts'),
      import('../../images/store/verify.ts'),
      import('../render/output.ts'),
      import('../render/bytes.ts'),
    ])
    const { checked, bytes, damaged, incomplete } = await verifyStore(await openCache(kina, 'cache verify'))
    kina.report({ kind: 'notice', message: `${checked} files with ${bytesText(bytes)} compared with their digests` })
    const names = incomplete.map(({ reference }) => reference)
    const isGood = damaged.length + incomplete.length === 0
    if (values.output !== undefined || !isGood) {
      stdout(
        await render(
          {
            columns: ['WHAT', 'NAME'],
            rows: [
              ...damaged.map((digest) => ['damaged, dropped', digest]),
              ...names.map((name) => ['incomplete', name]),
            ],
            names: [...damaged, ...names],
            data: {
              checked,
              bytes,
              damaged,
              incomplete: incomplete.map(({ reference, platform }) => ({ name: reference, platform })),
            },
          },
          values.output ?? 'table',
        ),
      )
    }
    if (incomplete.length > 0)
      kina.report({ kind: 'notice', message: `"${kina.product} cache pull" fetches what is missing` })
    return isGood ? 0 : 1
  },
})
