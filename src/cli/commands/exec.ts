import { KinaError } from '../../errors.ts'
import { defineCommand } from '../define-command.ts'

export const exec = defineCommand({
  name: ['exec'],
  summary: 'Run a command in a node',
  details: ["Ends with the command's own exit code."],
  positionals: [{ name: 'NODE', help: 'Name of the node', isRequired: true }],
  rest: { name: 'COMMAND', help: 'The command and its arguments', isRequired: true, isList: true },
  options: {
    interactive: { short: 'i', help: 'Pass stdin on' },
    tty: { short: 't', help: 'Give the command a terminal' },
  },
  examples: ['kina exec kina-control-plane -- crictl images', 'kina exec -it kina-control-plane -- bash'],
  async run({ kina, values, words: [node = ''], rest }) {
    if (values.tty && !kina.host.terminal.stdinIsTerminal) {
      throw new KinaError('usage', 'Cannot use --tty: stdin is not a terminal', { hint: 'Leave -t away' })
    }
    const { execInNode } = await import('../../cluster/exec-in-node.ts')
    return await execInNode(kina, node, rest, { interactive: values.interactive, tty: values.tty })
  },
})
