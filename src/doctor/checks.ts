import type { Check } from './check.ts'
import { apiPort } from './checks/api-port.ts'
import { apiServer } from './checks/api-server.ts'
import { certificates } from './checks/certificates.ts'
import { clusterName } from './checks/cluster-name.ts'
import { containerInstalled } from './checks/container-installed.ts'
import { containerNative } from './checks/container-native.ts'
import { containerRelease } from './checks/container-release.ts'
import { deadLocks } from './checks/dead-locks.ts'
import { diskSpace } from './checks/disk-space.ts'
import { folders } from './checks/folders-writable.ts'
import { kernelAge } from './checks/kernel-age.ts'
import { kernelInstalled } from './checks/kernel-installed.ts'
import { kubeconfigContexts } from './checks/kubeconfig-contexts.ts'
import { kubeconfigLock } from './checks/kubeconfig-lock.ts'
import { kubeconfigWritable } from './checks/kubeconfig-writable.ts'
import { kubectlInstalled } from './checks/kubectl-installed.ts'
import { kubectlSkew } from './checks/kubectl-skew.ts'
import { leftovers } from './checks/leftovers.ts'
import { memory } from './checks/memory.ts'
import { namesFree } from './checks/names-free.ts'
import { networkAnswers } from './checks/network-answers.ts'
import { networkBetweenNodes } from './checks/network-between-nodes.ts'
import { networkRange } from './checks/network-range.ts'
import { nodeClock } from './checks/node-clock.ts'
import { nodeDisk } from './checks/node-disk.ts'
import { nodeDns } from './checks/node-dns.ts'
import { nodeHosts } from './checks/node-hosts.ts'
import { nodeKernel } from './checks/node-kernel.ts'
import { nodeOffloads } from './checks/node-offloads.ts'
import { nodeProcSys } from './checks/node-proc-sys.ts'
import { nodeServices } from './checks/node-services.ts'
import { nodesAnswer } from './checks/nodes-answer.ts'
import { nodesReady } from './checks/nodes-ready.ts'
import { nodesRun } from './checks/nodes-run.ts'
import { proxies } from './checks/proxies.ts'
import { serviceAnswers } from './checks/service-answers.ts'
import { serviceLock } from './checks/service-lock.ts'
import { serviceRelease } from './checks/service-release.ts'
import { serviceRuns } from './checks/service-runs.ts'
import { timeoutScale } from './checks/timeout-scale.ts'

/** Every check, from the machine to the nodes: what comes first explains what comes after. */
export const checks: readonly Check[] = [
  containerInstalled,
  containerNative,
  containerRelease,
  serviceRuns,
  serviceRelease,
  serviceAnswers,
  serviceLock,
  networkAnswers,
  networkBetweenNodes,
  networkRange,
  kernelInstalled,
  kernelAge,
  diskSpace,
  memory,
  folders,
  clusterName,
  namesFree,
  timeoutScale,
  proxies,
  kubeconfigWritable,
  kubeconfigLock,
  kubeconfigContexts,
  kubectlInstalled,
  kubectlSkew,
  leftovers,
  deadLocks,
  nodesRun,
  nodesAnswer,
  nodesReady,
  apiServer,
  apiPort,
  certificates,
  nodeKernel,
  nodeProcSys,
  nodeHosts,
  nodeServices,
  nodeDisk,
  nodeClock,
  nodeDns,
  nodeOffloads,
]
