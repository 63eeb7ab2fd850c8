import type { Kina } from '../../cluster/kina.ts'
import { KinaError } from '../../errors.ts'
import type { Candidates } from '../completion/candidates.ts'
import { defineCommand } from '../define-command.ts'

const shells = ['bash', 'zsh', 'fish']

/** Whoever presses Tab waits for it. */
const patienceMs = 3000

export const completion = defineCommand({
  name: ['completion'],
  summary: 'Print what makes a shell complete commands, options and names',
  details: [
    'bash and zsh load it with eval "$(kina completion bash)", fish with kina completion fish | source. What it prints asks kina at each Tab, so it need not be loaded anew after an update.',
    '"kina completion words -- WORD..." is that question: it prints what may stand in place of the last word, one a line, with a tab and its meaning; ":files" and ":folders" are left to the shell.',
  ],
  positionals: [{ name: 'SHELL', help: 'bash, zsh or fish', isRequired: true, choices: [...shells, 'words'] }],
  rest: { name: 'WORD', help: 'Words behind kina, the last being the one that is written', isList: true },
  options: {},
  examples: ['kina completion zsh', 'kina completion words -- get ""'],
  async run({ kina, words: [shell = ''], rest, commands, stdout }) {
    if (shell === 'bash' || shell === 'zsh' || shell === 'fish') {
      const { completionScript } = await import('../completion/scripts.ts')
      stdout(completionScript(shell, kina.product))
      return 0
    }
    if (shell !== 'words') {
      throw new KinaError('usage', `Cannot complete for "${shell}"`, { hint: `Name one of ${shells.join(', ')}` })
    }
    const { candidatesFor } = await import('../completion/candidates.ts')
    const found = candidatesFor(rest, commands, kina.product)
    const current = rest.at(-1) ?? ''
    const lines = [
      ...found.words,
      ...(await namesFor(kina, found)).map((name) => ({ word: `${found.prefix}${name}`, help: found.names ?? '' })),
    ]
      .filter(({ word }) => word.startsWith(current))
      .map(({ word, help }) => `${word}\t${help}`)
    stdout([...lines, ...(found.paths === undefined ? [] : [`:${found.paths}`])].map((line) => `${line}\n`).join(''))
    return 0
  },
})

/** None where container does not answer: a Tab is no place for errors. */
async function namesFor(kina: Kina, { names }: Candidates): Promise<readonly string[]> {
  if (names === undefined) return []
  const [{ connect }, { clustersAmong }] = await Promise.all([
    import('../../cluster/connect.ts'),
    import('../../cluster/inspect.ts'),
  ])
  try {
    const clusters = clustersAmong(
      await connect(kina).list({ signal: kina.signal, within: patienceMs * kina.timeoutScale }),
    )
    return names === 'clusters'
      ? clusters.map(({ name }) => name)
      : clusters.flatMap(({ nodes }) => nodes.map(({ id }) => id))
  } catch (error) {
    if (error instanceof KinaError && !kina.signal.aborted) return []
    throw error
  }
}
