import { defineCommand } from '../define-command.ts'

export const configSchema = defineCommand({
  name: ['config', 'schema'],
  summary: 'Print the JSON schema of the cluster file',
  positionals: [],
  options: {},
  examples: ['kina config schema >kind-cluster.schema.json'],
  async run({ stdout }) {
    const { default: schema } = await import('../generated/cluster-file.schema.json', { with: { type: 'json' } })
    stdout(`${JSON.stringify(schema, null, 2)}\n`)
    return 0
  },
})
