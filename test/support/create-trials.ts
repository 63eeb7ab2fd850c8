/** Creates that a node program is tried by: each says what is wrong, undefined when nothing was noticed. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GuestProgram } from '../../src/guest/program.ts'
import { initControlPlane, joinNode } from '../../src/guest/programs.ts'
import { programDigest, type Exchange, type SessionFault } from '../lab/session-tap.ts'
import type { Outcome } from './cluster-fixture.ts'
import { makeFaultLab, type FaultLab } from './fault-lab.ts'
import { guestFindings, readStore, type WantedCluster } from './guest-findings.ts'

export type CreateTrial = (program: GuestProgram, env: Readonly<Record<string, string>>) => Promise<string | undefined>

export const controlPlane = 'kina-control-plane'
const worker = 'kina-worker'
const header = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'
const containerd = 'sandbox_image = "registry.k8s.io/pause:3.11"'
/** As much as a create can be asked for, so that programs have work: two families, a patch of containerd. */
export const configuration = `${header}networking: {ipFamily: dual}
containerdConfigPatches:
- |
  [plugins."io.containerd.grpc.v1.cri"]
  ${containerd}
`
const services = { serviceSubnets: ['10.96.0.0/16', 'fd00:10:96::/112'], apiService: '10.96.0.1' }

/** The disk of a simulated node. */
export function rootOf(lab: FaultLab, node = controlPlane): string {
  return join(lab.root, 'lab/guests', node, 'root')
}

interface Wishes {
  readonly config: string
  readonly workers?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What becomes of the program, once in each node. */
  readonly spoiled?: Pick<SessionFault, 'do' | 'whenThere'>
}

async function create(
  program: GuestProgram,
  env: Readonly<Record<string, string>>,
  { config, workers = [], env: more = {}, spoiled }: Wishes,
  look: (outcome: Outcome, lab: FaultLab) => Promise<string | undefined> | string | undefined,
): Promise<string | undefined> {
  const lab = await makeFaultLab()
  try {
    const file = join(lab.root, 'cluster.yaml')
    await writeFile(file, config)
    const faults = spoiled ? [controlPlane, ...workers].map((node) => ({ ...spoiled, node })) : []
    const outcome = await lab.run(['create', 'cluster', '--config', file, '--wait', '20s'], {
      ...env,
      ...more,
      LAB_SESSION_FAULTS: JSON.stringify(
        faults.map((fault): SessionFault => ({ ...fault, program: programDigest(program.text), nth: 1, times: 1 })),
      ),
    })
    return await look(outcome, lab)
  } finally {
    await lab.remove()
  }
}

/** The session of the program is lost after it has run, once in each node: it must bear to be run again. */
export function goodCreate(
  workers: readonly string[] = [],
  manifests: WantedCluster['manifests'] = 'early',
): CreateTrial {
  const roles = ['{}', ...workers.map(() => '{role: worker}')]
  const config = `${configuration}nodes: [${roles.join(', ')}]\n`
  return (program, env) =>
    // kubeadm takes long enough for something to be done beside it.
    create(
      program,
      env,
      { config, workers, spoiled: { do: 'half' }, env: { LAB_KUBEADM_STAYS: '1' } },
      (outcome, lab) => {
        if (outcome.exitCode !== 0) return `create: ${ending(outcome)}`
        return oneText(
          guestFindings(lab, { controlPlane, workers, ...services, containerd, manifests }).map(
            (line) => `left behind: ${line}`,
          ),
        )
      },
    )
}
export const goodCreateWithWorker = goodCreate([worker])

/** Manifests cannot be applied while kubeadm is at work, and are after it. */
export const lateManifests: CreateTrial = (program, env) => {
  const cannot = initControlPlane.text.replace('\napply &\n', '\nfalse &\n')
  const exchanges: readonly Exchange[] = [
    ...(JSON.parse(env['LAB_EXCHANGES'] ?? '[]') as Exchange[]),
    { program: programDigest(initControlPlane.text), text: cannot },
  ]
  return goodCreate([], 'late')(program, { ...env, LAB_EXCHANGES: JSON.stringify(exchanges) })
}

/** Clusters with one family of addresses, as most have it, or other services. */
export function createWith(networking: string, macos: '15' | '26' = '26'): CreateTrial {
  const config = `${header}networking: {${networking}}\n`
  return (program, env) =>
    create(program, env, { config, env: { LAB_MACOS: macos } }, (outcome) =>
      outcome.exitCode === 0 ? undefined : `create: ${networking}: ${ending(outcome)}`,
    )
}

/** A patch by which the control plane gets its taint all the same, which kind takes off in a cluster without workers. */
export const patchedTaint: CreateTrial = (program, env) => {
  const taint = '{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}'
  const patch = `kind: InitConfiguration\\nnodeRegistration: {taints: [${taint}]}`
  return create(program, env, { config: `${header}kubeadmConfigPatches: ["${patch}"]\n` }, (outcome, lab) => {
    if (outcome.exitCode !== 0) return `create: ${ending(outcome)}`
    const { taints = [] } = readStore(lab, controlPlane).nodes[controlPlane] ?? {}
    return taints.length > 0 ? 'left behind: the control plane has a taint' : undefined
  })
}

/** What a node that has been booted again does with it: the kubelet was held back, and is let go. */
export const hostsAfterBoot: CreateTrial = (program, env) =>
  create(program, env, { config: header }, async (outcome, lab) => {
    if (outcome.exitCode !== 0) return `create: ${ending(outcome)}`
    const [{ text }] = JSON.parse(env['LAB_EXCHANGES'] ?? '[]') as [Exchange]
    await lab.container(['exec', controlPlane, 'systemctl', 'stop', 'kubelet'])
    await lab.container(['exec', '--interactive', controlPlane, 'bash', '-c', text], { input: '192.0.2.1 other\n' })
    return existsSync(join(rootOf(lab), 'run/lab/kubelet.active')) ? undefined : 'left behind: no kubelet runs'
  })

const lateMs = 2500

/** Ranges of nodes and the word of their kubelets come late: both are waited for. */
export const lateNodes: CreateTrial = (program, env) =>
  create(
    program,
    env,
    {
      config: `${header}nodes: [{}, {role: worker}]\n`,
      workers: [worker],
      env: { LAB_LATE_MS: String(lateMs), KINA_TIMEOUT_SCALE: '1' },
    },
    (outcome, lab) => {
      const ended = Date.now()
      if (outcome.exitCode !== 0) return `create: ${ending(outcome)}`
      const { nodes } = readStore(lab, controlPlane)
      const late = Object.values(nodes).filter(({ since }) => ended - since < 2 * lateMs)
      return late.length > 0 ? `create: does not wait for ${late.map(({ name }) => name).join()}` : undefined
    },
  )

/** A node that does not become Ready: it is said once, whatever is asked how often. */
export const neverReady: CreateTrial = (program, env) =>
  create(program, env, { config: header, env: { LAB_LATE_MS: '3600000' } }, (outcome) => {
    const [, error = ''] = outcome.stderr.split('\nError: ')
    const said = error.match(/kina-control-plane is not Ready: the kubelet has not looked yet/g) ?? []
    return outcome.exitCode === 5 && said.length === 1 ? undefined : `create: ${ending(outcome)}`
  })

/** The session is lost while kubeadm is at work, and what it has half made is in the way of the next one. */
export function createInterruptedBy(whenThere: string, workers: readonly string[] = []): CreateTrial {
  const config = `${header}nodes: [{}${workers.map(() => ', {role: worker}').join('')}]\n`
  return (program, env) =>
    create(
      program,
      env,
      { config, workers, env: { LAB_KUBEADM_MS: '5000', KINA_TIMEOUT_SCALE: '1' }, spoiled: { do: 'lose', whenThere } },
      (outcome, lab) => {
        if (outcome.exitCode !== 0) return `create: interrupted: ${ending(outcome)}`
        const runs = readFileSync(join(rootOf(lab, workers.at(-1)), 'var/log/lab/kubeadm-runs'), 'utf8')
        return /^reset done/m.test(runs) ? undefined : `left behind: what was half made was not taken back:\n${runs}`
      },
    )
}
export const joinInterruptedBy = (whenThere: string): CreateTrial => createInterruptedBy(whenThere, [worker])
/** The worker had registered when its join was interrupted: the API server has to be told to forget it. */
export const registeredBefore: CreateTrial = (_program, env) =>
  joinInterruptedBy('/var/lib/kubelet/kubeadm-flags.env')(joinNode, env)

/** A create that must fail, and say why. */
function failingCreate(wishes: Wishes & { readonly exitCode: number; readonly says: RegExp }): CreateTrial {
  return (program, env) =>
    create(program, env, wishes, (outcome) =>
      outcome.exitCode === wishes.exitCode && wishes.says.test(outcome.stderr)
        ? undefined
        : `create: it should say ${String(wishes.says)}: ${ending(outcome)}`,
    )
}

const nonsense = 'noSuchField: 1'
const brokenInit = `${configuration}kubeadmConfigPatches: ["kind: ClusterConfiguration\\n${nonsense}"]\n`
export const failingInit = failingCreate({ config: brokenInit, exitCode: 1, says: /noSuchField/ })
export const failingAddon = failingCreate({
  config: header,
  env: { LAB_FAILING_ADDON: 'kube-proxy' },
  exitCode: 1,
  says: /Cannot run init-control-plane[\s\S]*unable to create the addon kube-proxy/,
})
export const failingJoin = failingCreate({
  config: `${header}nodes: [{}, {role: worker, kubeadmConfigPatches: ["kind: JoinConfiguration\\n${nonsense}"]}]\n`,
  exitCode: 1,
  says: /noSuchField/,
})
export const oldKernel = failingCreate({
  config: header,
  env: { LAB_KERNEL: '6.12.28' },
  exitCode: 3,
  says: /its guest kernel has no nf_tables[\s\S]*kernel 6\.12\.28: nft cannot list tables/,
})
export const noSecondFamily = failingCreate({
  config: `${header}networking: {ipFamily: ipv6}\n`,
  env: { LAB_MACOS: '15' },
  exitCode: 3,
  says: /it has no IPv6 address[\s\S]*eth0 has no global IPv6 address/,
})

/** kubeadm cannot make an addon, and what the nodes have said is kept, section after section. */
export const evidence: CreateTrial = (program, env) =>
  create(program, env, { config: header, env: { LAB_FAILING_ADDON: 'kube-proxy' } }, async ({ stderr }) => {
    const [, folder = ''] = /Evidence of the failure is in (.*)/.exec(stderr) ?? []
    const found = await readFile(join(folder, `${controlPlane}.node.log`), 'utf8').catch(() => '')
    const sections = [
      /===== cat \/kind\/version\nv1\.37\.0\n/,
      /\n===== cat \/etc\/hosts\n127\.0\.0\.1 localhost\n/,
      /\n===== systemctl .*\n● dev-hugepages/,
      /\n===== journalctl .*\n-- Journal of kubelet --\n/,
      /\n===== journalctl .*\n-- Journal of containerd --\n/,
      /\n===== journalctl .*\n-- Journal of all units --\n/,
      /\n===== cat \/var\/log\/kina\/kubeadm-addons\.log\n[\s\S]*unable to create the addon/,
      /\n===== cat \/var\/log\/kina\/kubeadm-init\.log\n/,
      /\n===== cat \/var\/log\/pods\/kube-system_etcd-kina-control-plane_0\/etcd\/0\.log\nready to serve/,
      /\n===== crictl ps --all\nCONTAINER /,
      /\n===== df -h \/\nFilesystem/,
    ]
    const inOrder = new RegExp(sections.map(({ source }) => source).join('[\\s\\S]*'))
    const missing = sections.filter((pattern) => !pattern.test(found)).map((pattern) => `lacks ${String(pattern)}`)
    return oneText(
      [...missing, ...(inOrder.test(found) ? [] : ['is in another order'])].map((its) => `evidence ${its}`),
    )
  })

export function ending({ exitCode, stdout, stderr }: Outcome): string {
  const lines = (stdout + stderr).trim().split('\n').slice(-6)
  return `exit code ${exitCode}: ${lines.join(' | ')}`
}

export function oneText(findings: readonly string[]): string | undefined {
  return findings.length > 0 ? findings.join('\n') : undefined
}
