import { commit, kindVersion, version as number } from '../../version.ts'
import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const version = defineCommand({
  name: ['version'],
  summary: 'Print the version',
  positionals: [],
  options: { output: outputOption },
  examples: ['kina version', 'kina version -o name'],
  async run({ kina, values, quiet, stdout }) {
    const [{ render }, { versionLine }] = await Promise.all([
      import('../render/output.ts'),
      import('../run-quickly.ts'),
    ])
    const { os, arch } = kina.host.platform
    if (values.output === undefined) {
      // Scripts of kind's users take the bare number with -q.
      stdout(quiet && kina.product === 'kind' ? `${kindVersion}\n` : versionLine(kina.product))
      return 0
    }
    stdout(
      await render(
        {
          columns: ['VERSION', 'COMMIT', 'PLATFORM'],
          rows: [[number, commit, `${os}/${arch}`]],
          names: [number],
          data: { version: number, commit, platform: `${os}/${arch}` },
        },
        values.output,
      ),
    )
    return 0
  },
})
