import { defineCommand } from '../define-command.ts'

export const cachePath = defineCommand({
  name: ['cache', 'path'],
  summary: 'Print the folder of the image cache',
  details: ['It is an OCI image layout, which other tools can read; it need not exist yet.'],
  positionals: [],
  options: {},
  examples: ['kina cache path', 'du -sh "$(kina cache path)"'],
  async run({ kina, stdout }) {
    const { imageCacheFolder } = await import('../../cluster/state-folder.ts')
    stdout(`${imageCacheFolder(kina.host)}\n`)
    return 0
  },
})
