import { warns, type Check } from '../check.ts'

export const nodesAnswer: Check = {
  name: 'nodes-answer',
  claim: 'every running node answers',
  async look({ nodes }) {
    return (await nodes())
      .filter(({ said }) => said === undefined)
      .map(({ node, reason }) =>
        warns(
          `${node.id} does not answer: ${reason}`,
          `container logs --boot ${node.id}; a node without an answer is best made anew`,
        ),
      )
  },
}
