/** Trials of node programs: a program, or a mutant of it, in the place of the real one, and what is noticed of it. */
import type { GuestProgram } from '../../src/guest/program.ts'
import { programDigest, type Exchange } from '../lab/session-tap.ts'
import { finishedCluster, tryDoctor, tryLoad, tryLogs, tryStatus, type ClusterTrial } from './cluster-trials.ts'
import {
  createInterruptedBy,
  createWith,
  evidence,
  failingAddon,
  failingInit,
  failingJoin,
  goodCreate,
  goodCreateWithWorker,
  hostsAfterBoot,
  joinInterruptedBy,
  lateNodes,
  neverReady,
  lateManifests,
  noSecondFamily,
  oldKernel,
  patchedTaint,
  registeredBefore,
  type CreateTrial,
} from './create-trials.ts'
import type { FaultLab } from './fault-lab.ts'

export interface Trials {
  /** @returns why the text in the place of the program is wrong, undefined when nothing was noticed. */
  run(program: GuestProgram, text: string): Promise<string | undefined>
  end(): Promise<void>
}

/** One after another, until something is noticed. What is not here is tried by a good create alone. */
const creates: Readonly<Record<string, readonly CreateTrial[]>> = {
  'apply-manifests': [lateManifests],
  'prepare-node': [
    goodCreate(),
    createWith('ipFamily: ipv4', '15'),
    createWith('ipFamily: ipv6'),
    oldKernel,
    noSecondFamily,
  ],
  'complete-hosts': [goodCreate(), hostsAfterBoot],
  'early-services': [goodCreate(), createWith('ipFamily: ipv6'), createWith('kubeProxyMode: ipvs')],
  'forget-node': [registeredBefore],
  'init-control-plane': [
    goodCreate(),
    failingInit,
    failingAddon,
    createInterruptedBy('/etc/kubernetes/manifests/kube-scheduler.yaml'),
  ],
  'join-node': [goodCreateWithWorker, failingJoin, joinInterruptedBy('/etc/kubernetes/kubelet.conf')],
  'node-pod-cidr': [goodCreateWithWorker, lateNodes],
  'print-logs': [evidence],
  'untaint-control-plane': [goodCreate(), patchedTaint],
  'wait-nodes-ready': [lateNodes, neverReady],
}

/** Programs that no create sends, by the command that does. */
const commands: Readonly<Record<string, ClusterTrial>> = {
  'node-conditions': tryStatus,
  'read-marker': tryStatus,
  'look-at-node': tryDoctor,
  'collect-logs': tryLogs,
  'list-images': tryLoad,
  'hold-images': tryLoad,
  'import-images': tryLoad,
  'tag-images': tryLoad,
}

/** Only creates from a prepared disk send these, and test/contract/prepared-disks.test.ts is about them. */
const untried = ['check-disk', 'fill-disk', 'fill-etcd', 'restore-etcd', 'seal-disk']

export function isTried({ name }: GuestProgram): boolean {
  return !untried.includes(name)
}

/** Whether a create sends it, be it one that fails. */
export function isOfCreate({ name }: GuestProgram): boolean {
  return commands[name] === undefined
}

/** @param scale KINA_TIMEOUT_SCALE: mutants that wait for ever are waited for. */
export function openTrials(scale: string): Trials {
  let cluster: Promise<FaultLab> | undefined
  let lastOnCluster: Promise<unknown> = Promise.resolve()

  /** One at a time: some change the one cluster. */
  function onCluster(trial: ClusterTrial, env: Readonly<Record<string, string>>): Promise<string | undefined> {
    const its = lastOnCluster.then(async () => trial(await (cluster ??= finishedCluster()), env))
    lastOnCluster = its.catch(() => undefined)
    return its
  }

  return {
    async run(program, text) {
      const exchanges: readonly Exchange[] = [{ program: programDigest(program.text), text }]
      const env = { KINA_TIMEOUT_SCALE: scale, LAB_EXCHANGES: JSON.stringify(exchanges) }
      const command = commands[program.name]
      if (command) return await onCluster(command, env)
      for (const trial of creates[program.name] ?? [goodCreate()]) {
        const noticed = await trial(program, env)
        if (noticed !== undefined) return noticed
      }
      return undefined
    },
    async end() {
      await (await cluster)?.remove()
    },
  }
}
