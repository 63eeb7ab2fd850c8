import type { NodeSpec } from '../cluster/spec.ts'
import { longestNodeName } from './defaults.ts'
import { versionInTag } from '../images/reference.ts'
import { withPlace, type Problem } from './problem.ts'

/**
 * What must hold between the nodes of a cluster, once they are all known.
 * @param at the place of the list of nodes in the file, if there is one.
 */
export function checkNodes(
  name: string,
  nodes: readonly NodeSpec[],
  problems: Problem[],
  at: string | undefined,
): void {
  checkNames(name, nodes, problems)
  checkSkew(nodes, problems)
  checkControlPlanes(nodes, problems, at)
}

const clusterNamePattern = /^[a-z0-9.-]+$/
const subdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

/** kind's rule for the cluster's name, then the rules of those who must live with the names of its nodes. */
export function whyNotClusterName(name: string): string | undefined {
  if (!clusterNamePattern.test(name)) {
    return `'${name}' is not a valid cluster name, cluster names must match \`${clusterNamePattern.source}\``
  }
  return undefined
}

function checkNames(name: string, nodes: readonly NodeSpec[], problems: Problem[]): void {
  const reason = whyNotClusterName(name)
  if (reason !== undefined) {
    problems.push({ message: reason })
    return
  }
  const wrong = nodes.find((node) => !subdomain.test(node.name))
  if (wrong) {
    problems.push({
      message: `cluster name "${name}" gives the node name "${wrong.name}", which Kubernetes refuses: each part between full stops must begin and end with a letter or digit`,
    })
  }
  const long = nodes.find((node) => node.name.length > longestNodeName)
  if (long) {
    const most = longestNodeName - (long.name.length - name.length)
    problems.push({
      message: `cluster name "${name}" gives the node name "${long.name}" of ${long.name.length} characters, at most ${longestNodeName} are possible: shorten it to ${most}`,
    })
  }
}

/** Kubernetes' version skew policy for kubelets: never newer, at most three minor versions older. Tags that are no versions switch it off. */
function checkSkew(nodes: readonly NodeSpec[], problems: Problem[]): void {
  const versions = nodes.map(({ image }) => versionInTag(image))
  const [first] = versions
  if (!first || versions.includes(undefined)) return
  nodes.forEach(({ name, role }, index) => {
    const behind = first.minor - (versions[index]?.minor ?? first.minor)
    if (role !== 'worker' || (behind >= 0 && behind <= 3)) return
    problems.push({
      message:
        behind < 0
          ? `version-skew policy violation: ${name} is newer than the control plane`
          : `version-skew policy violation: ${name} is ${behind} minor versions behind the control plane, at most 3 are possible`,
    })
  })
}

function checkControlPlanes(nodes: readonly NodeSpec[], problems: Problem[], at: string | undefined): void {
  const count = nodes.filter(({ role }) => role === 'control-plane').length
  if (count > 1)
    problems.push(withPlace(at, `${count} control planes are asked for, kina makes clusters with one so far`))
}
