import { KinaError } from '../../errors.ts'
import { nearest } from '../../config/nearest.ts'
import { defineCommand } from '../define-command.ts'

export const help = defineCommand({
  name: ['help'],
  summary: 'Show help for a command',
  positionals: [{ name: 'COMMAND', help: 'Words of the command', isList: true }],
  options: {},
  examples: ['kina help', 'kina help create cluster'],
  async run({ kina, words, stdout }) {
    const [{ helpTexts }, { helpFor }] = await Promise.all([
      import('../generated/help-texts.ts'),
      import('../run-quickly.ts'),
    ])
    const topic = words.join(' ')
    const text = helpTexts[topic]
    if (text === undefined) {
      const meant = nearest(topic, Object.keys(helpTexts))
      throw new KinaError('usage', `There is no command "${topic}"`, {
        hint: meant ? `Did you mean "kina help ${meant}"?` : '"kina help" lists the commands',
      })
    }
    stdout(helpFor(kina.product, text))
    return 0
  },
})
