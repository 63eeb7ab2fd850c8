import { resolve } from 'node:path'
import { KinaError } from '../../errors.ts'
import { defineCommand } from '../define-command.ts'
import { loadOptions, targetOf } from '../load-options.ts'

export const loadImageArchive = defineCommand({
  name: ['load', 'image-archive'],
  summary: 'Load images of archives into the nodes of a cluster',
  details: [
    'An archive is what "docker save", "podman save" or "container image save" write, packed with gzip or zstd or not; - reads stdin, and a folder is taken for an OCI image layout.',
    'Archives are read as if a stranger had made them: what leads outside, is not what its digest says or unpacks to much more than it should is refused.',
  ],
  positionals: [
    {
      name: 'FILE',
      help: 'Path of an archive or layout, - for stdin',
      isRequired: true,
      isList: true,
      missing: 'name of image archive is required',
    },
  ],
  options: loadOptions,
  examples: ['kina load image-archive web.tar', 'docker save web:1.0 | kina load image-archive - --name dev'],
  async run({ kina, values, words }) {
    const { host, product, report } = kina
    if (words.filter((word) => word === '-').length > 1)
      throw new KinaError('usage', 'Cannot read stdin twice', { hint: 'Give - once' })
    const paths = words.map((word) => (word === '-' ? word : resolve(host.platform.cwd, word)))
    for (const [at, path] of paths.entries()) {
      if (path !== '-' && (await host.files.kindOf(path)) === undefined) {
        throw new KinaError('usage', `stat ${words[at]}: no such file or directory`, {
          hint: 'Name an archive that exists',
        })
      }
    }
    const { loadArchives } = await import('../../cluster/load/load-archives.ts')
    await loadArchives(kina, paths, targetOf(kina, values), ({ names, digest, nodes }) => {
      // kind says nothing.
      if (product === 'kind') return
      const done = { nothing: 'already present on', tag: 'tagged on', import: 'loaded into' } as const
      const parts = (['import', 'tag', 'nothing'] as const).flatMap((kind) => {
        const its = [...nodes].filter(([, what]) => what === kind).map(([node]) => node)
        return its.length === 0 ? [] : [`${done[kind]} ${its.join(', ')}`]
      })
      report({ kind: 'notice', message: `Image "${names.join('", "') || digest}": ${parts.join('; ')}` })
    })
    return 0
  },
})
