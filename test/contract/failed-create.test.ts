import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyManifests, deleteBootstrapToken, joinNode, untaintControlPlane } from '../../src/guest/programs.ts'
import { programDigest, type SessionFault } from '../lab/session-tap.ts'
import { makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'

const faults = (...list: readonly object[]): Record<string, string> => ({ LAB_FAULTS: JSON.stringify(list) })

describe('a create that fails', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab()
  })
  afterEach(async () => {
    await lab.remove()
  })

  const left = async (): Promise<string> => (await lab.container(['list', '--all', '--quiet'])).stdout
  const kubeconfig = (): Promise<string> => readFile(lab.kubeconfig, 'utf8').catch(() => 'none')

  async function expectUndone(outcome: Outcome): Promise<void> {
    expect(outcome.exitCode).not.toBe(0)
    expect(await left()).toBe('')
    expect(await kubeconfig()).toBe('none')
    expect((await lab.kina(['create', 'cluster', '--workers', '1'])).exitCode).toBe(0)
  }

  it('saves evidence, removes what it made, and lets the next one succeed', async () => {
    const patch = 'kind: ClusterConfiguration\nnoSuchField: 1\n'
    const input = `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{}, {role: worker}]\nkubeadmConfigPatches:\n- |\n  ${patch.replaceAll('\n', '\n  ')}`
    const failed = await lab.kina(['create', 'cluster', '--config', '-'], { input })
    expect(failed.stderr).toContain('strict decoding error: unknown field "noSuchField"')
    expect(failed.stderr).toContain('Code: node-command-failed')
    expect(failed.exitCode).toBe(1)
    const [, folder = ''] = /Evidence of the failure is in (.*)/.exec(failed.stderr) ?? []
    const files = (await readdir(folder)).toSorted()
    expect(files).toEqual([
      'commands.log',
      'events.jsonl',
      'kina-control-plane.boot.log',
      'kina-control-plane.console.log',
      'kina-control-plane.node.log',
      'kina-worker.boot.log',
      'kina-worker.console.log',
      'kina-worker.node.log',
    ])
    expect(await readFile(`${folder}/kina-control-plane.node.log`, 'utf8')).toContain('unknown field "noSuchField"')
    await expectUndone(failed)
  })

  it('asks an API server again that is only late', async () => {
    const late = [applyManifests, untaintControlPlane, deleteBootstrapToken].map(({ text }): SessionFault => ({
      node: 'kina-control-plane',
      program: programDigest(text),
      nth: 1,
      times: 2,
      do: 'fail',
      says: 'Error from server: etcdserver: request timed out',
    }))
    const made = await lab.kina(['create', 'cluster'], { env: { LAB_SESSION_FAULTS: JSON.stringify(late) } })
    expect(made.stderr).toContain('apply-manifests in kina-control-plane')
    expect(made.exitCode).toBe(0)
  })

  it('lets a worker join again that had registered when its session was lost', async () => {
    const lost: SessionFault = {
      node: 'kina-worker',
      program: programDigest(joinNode.text),
      nth: 1,
      times: 1,
      do: 'lose',
      whenThere: '/var/lib/kubelet/kubeadm-flags.env',
    }
    const env = { LAB_SESSION_FAULTS: JSON.stringify([lost]), LAB_KUBEADM_MS: '1000' }
    const made = await lab.kina(['create', 'cluster', '--workers', '1'], { env })
    expect(`${made.exitCode} ${made.exitCode === 0 ? '' : made.stderr}`).toBe('0 ')
    const log = join(lab.root, 'lab/guests/kina-worker/root/var/log/lab/kubeadm-runs')
    // Taken back, refused since the node is there, and joined once it was forgotten.
    expect((await readFile(log, 'utf8')).match(/^\w+ \w+/gm)).toEqual([
      'join begin',
      'reset begin',
      'reset done',
      'join begin',
      'join failed',
      'join begin',
      'join done',
    ])
  })

  it('keeps what it made with --retain, and delete removes it', async () => {
    const failed = await lab.kina(['create', 'cluster', '--retain'], {
      env: faults({ matches: ['start'], do: { fail: { message: 'internalError: "failed to bootstrap container"' } } }),
    })
    expect(failed.stderr).toContain('Keep what was made of cluster "kina", as --retain asks')
    expect(failed.exitCode).toBe(1)
    expect(await left()).toBe('kina-control-plane\n')
    expect((await lab.kina(['delete', 'cluster'])).exitCode).toBe(0)
    expect(await left()).toBe('')
  })

  it('leaves a cluster that reading commands call unfinished', async () => {
    const input =
      'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatches: ["kind: ClusterConfiguration\\nnoSuchField: 1"]\n'
    expect((await lab.kina(['create', 'cluster', '--retain', '--config', '-'], { input })).exitCode).toBe(1)
    const kubeconfigOf = await lab.kina(['get', 'kubeconfig'])
    expect(kubeconfigOf.stderr).toContain('The create of this cluster may not have ended')
    expect(kubeconfigOf.exitCode).toBe(1)
    const status = await lab.kina(['status', '-o', 'json'])
    expect(JSON.parse(status.stdout)).toMatchObject({
      status: 'unfinished',
      problems: ['The API server does not answer', 'Its create has not come to its end'],
    })
    expect(status.exitCode).toBe(1)
  })

  it('is undone on Ctrl-C also when only Ready is waited for: the kubeconfig is as before', async () => {
    const input = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {disableDefaultCNI: true}\n'
    const running = lab.start(['create', 'cluster', '--config', '-', '--wait', '5m'], { input })
    await running.saw(/Make nodes known to each other|Wait for/)
    await running.saw(/Set kubectl context/)
    running.child.kill('SIGINT')
    const outcome = await running.ended
    expect(outcome.exitCode).toBe(130)
    await expectUndone(outcome)
  })

  it('is undone on Ctrl-C, with exit code 130', async () => {
    const running = lab.start(['create', 'cluster', '--workers', '1'], { env: { LAB_KUBEADM_MS: '20000' } })
    await running.saw(/Prepare kina-control-plane/)
    running.child.kill('SIGINT')
    const outcome = await running.ended
    expect(outcome.stderr).toContain('Error: Interrupted')
    expect(outcome.exitCode).toBe(130)
    await expectUndone(outcome)
  })

  it('leaves at once on a second Ctrl-C, and delete removes the rest', async () => {
    const running = lab.start(['create', 'cluster'], {
      env: { LAB_KUBEADM_MS: '20000', ...faults({ matches: ['logs'], times: 9, do: { hang: 'client' } }) },
    })
    await running.saw(/Prepare kina-control-plane/)
    running.child.kill('SIGINT')
    await running.saw(/Start control plane kina-control-plane: interrupted/)
    running.child.kill('SIGINT')
    const begun = performance.now()
    expect((await running.ended).exitCode).toBe(130)
    expect(performance.now() - begun).toBeLessThan(10_000)
    expect((await lab.kina(['delete', 'cluster'])).exitCode).toBe(0)
    expect(await left()).toBe('')
  })

  it('is undone when a step runs out of time', async () => {
    const failed = await lab.kina(['create', 'cluster'], {
      env: { LAB_KUBEADM_MS: '600000', KINA_TIMEOUT_SCALE: '0.05' },
    })
    expect(failed.stderr).toContain(
      'Cannot run init-control-plane in node "kina-control-plane": it took longer than 15 s',
    )
    expect(failed.exitCode).toBe(5)
    await expectUndone(failed)
  })

  it('ends a client that hangs, and goes on to undo', async () => {
    const failed = await lab.kina(['create', 'cluster'], {
      env: { KINA_TIMEOUT_SCALE: '0.05', ...faults({ matches: ['start'], do: { hang: 'client' } }) },
    })
    expect(failed.stderr).toContain('Cannot start container "kina-control-plane": no answer after 3 s')
    expect(failed.exitCode).toBe(5)
    await expectUndone(failed)
  })

  it('names what is left when the service hangs with its lock held; after a restart the same delete leaves nothing', async () => {
    const failed = await lab.kina(['create', 'cluster'], {
      env: { KINA_TIMEOUT_SCALE: '0.05', ...faults({ matches: ['start'], do: { hang: 'service' } }) },
    })
    expect(failed.stderr).toContain('left: kina-control-plane')
    expect(failed.stderr).toContain('Run "container system stop" and "container system start"')
    expect(failed.exitCode).toBe(5)
    await lab.container(['system', 'stop'])
    await lab.container(['system', 'start', '--enable-kernel-install'])
    expect((await lab.kina(['delete', 'cluster'])).exitCode).toBe(0)
    expect(await left()).toBe('')
  })

  it('tries once more what is known to pass, and says so', async () => {
    const created = await lab.kina(['create', 'cluster', '--workers', '1'], {
      env: faults({
        matches: ['network', 'list'],
        do: {
          fail: { message: 'internalError: "XPC timeout for request to com.apple.container.apiserver/networkList"' },
        },
      }),
    })
    expect(created.stderr).toMatch(/Try again after .* list networks/)
    expect(created.exitCode).toBe(0)
  })

  it('takes what the service has made after the client had given up for its own', async () => {
    const message =
      'internalError: "failed to create container" (cause: "timeout: "XPC timeout for request to com.apple.container.apiserver/containerCreate"")'
    const { exitCode, stderr } = await lab.kina(['create', 'cluster'], {
      env: {
        LAB_FAULTS: JSON.stringify([{ matches: ['create'], do: { failAfter: { message } } }]),
        KINA_TIMEOUT_SCALE: '0.5',
      },
    })
    expect(stderr).toMatch(/Try again after .* create container "kina-control-plane"/)
    expect(exitCode).toBe(0)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('kina-control-plane\n')
  })

  it('chooses another port when its own choice cannot be bound', async () => {
    const created = await lab.kina(['create', 'cluster'], {
      env: faults({
        matches: ['start'],
        do: {
          fail: {
            message:
              'failed to bootstrap container (cause: "unknown: "bind(descriptor:ptr:bytes:): Address already in use (errno: 48)"")',
          },
        },
      }),
    })
    expect(created.stderr).toContain('a port that was free a moment ago cannot be bound')
    expect(created.exitCode).toBe(0)
    const creates = (await lab.calls()).filter(([word]) => word === 'create')
    expect(creates.length).toBe(2)
    const ports = creates.map((argv) => argv.find((word) => word.startsWith('--publish')))
    expect(new Set(ports).size).toBe(2)
  })

  it('names the port that the user asked for', async () => {
    const { createServer } = await import('node:net')
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const input = `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {apiServerPort: ${port}}\n`
    const failed = await lab.kina(['create', 'cluster', '--config', '-'], { input })
    server.close()
    expect(failed.stderr).toContain(`127.0.0.1:${port}`)
    expect(failed.stderr).toContain('Code: port-taken')
    expect((await lab.calls()).filter(([word]) => word === 'create').length).toBe(1)
    await expectUndone(failed)
  })

  it('goes on without a worker that cannot join only with --allow-degraded', async () => {
    const input = `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- {}\n- role: worker\n  kubeadmConfigPatches: ["kind: JoinConfiguration\\nnoSuchField: 1"]\n`
    const strict = await lab.kina(['create', 'cluster', '--config', '-'], { input })
    expect(strict.exitCode).toBe(1)
    expect(await left()).toBe('')
    const degraded = await lab.kina(['create', 'cluster', '--config', '-', '--allow-degraded'], { input })
    expect(degraded.stderr).toContain('The cluster is degraded, without kina-worker')
    expect(degraded.exitCode).toBe(0)
    const status = await lab.kina(['status'])
    expect(status.stdout).toMatch(/^kina: degraded\n[\s\S]*kina-worker +worker +running +missing/)
    expect(status.exitCode).toBe(1)
  })

  it('keeps cluster and kubeconfig when only the wait runs out', async () => {
    const input = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {disableDefaultCNI: true}\n'
    const created = await lab.kina(['create', 'cluster', '--config', '-', '--wait', '1s'], { input })
    expect(created.stderr).toContain('was not ready within 1 s')
    expect(created.stderr).toContain('cni plugin not initialized')
    expect(created.exitCode).toBe(5)
    expect(await kubeconfig()).toContain('kina-kina')
    const unwaited = await lab.kina(['create', 'cluster', 'two', '--config', '-'], { input })
    expect(unwaited.stderr).toContain('skipped, nodes become Ready when a CNI is installed')
    expect(unwaited.exitCode).toBe(0)
  })
})
