import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusterWhoseWorkerNeverJoins } from '../support/failing-clusters.ts'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

describe('a real create that fails', () => {
  let lab: RealLab
  let stderr: string
  let folder: string
  beforeAll(async () => {
    lab = await makeRealLab()
    const failed = await lab.kina(['create', 'cluster', 'bad', '--image', lab.nodeImage, '--config', '-'], {
      input: clusterWhoseWorkerNeverJoins,
    })
    expect(failed.exitCode).toBe(1)
    ;({ stderr } = failed)
    folder = /Evidence of the failure is in (\S+)/.exec(stderr)?.[1] ?? ''
  })
  afterAll(() => lab.remove())

  it('says what failed, and leaves nothing but evidence', async () => {
    expect(stderr).toContain('Cannot run join-node in node "bad-worker"')
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    expect(await tracesOf(lab.root)).toEqual([])
    expect(await lab.readFile(lab.kubeconfig).catch(() => 'none')).toBe('none')
  })

  it('has of every node what an engineer needs', async () => {
    expect((await readdir(folder)).toSorted()).toEqual([
      'bad-control-plane.boot.log',
      'bad-control-plane.console.log',
      'bad-control-plane.node.log',
      'bad-worker.boot.log',
      'bad-worker.console.log',
      'bad-worker.node.log',
      'commands.log',
      'events.jsonl',
    ])
    const controlPlane = await lab.readFile(`${folder}/bad-control-plane.node.log`)
    for (const wanted of [
      // The whole journal, containerd, the kubelet.
      /===== journalctl .*--boot\n[\s\S]*systemd\[1\]/,
      /===== journalctl .*--unit containerd\n[\s\S]*containerd successfully booted/,
      /===== journalctl .*--unit kubelet\n[\s\S]*Started kubelet/,
      // kubeadm's own words, and those of pods.
      /===== cat \/var\/log\/kina\/kubeadm-init\.log\n[\s\S]*Your Kubernetes control-plane has initialized/,
      /===== cat \/var\/log\/pods\/kube-system_etcd-bad-control-plane_/,
      /===== cat \/var\/log\/pods\/kube-system_kube-apiserver-bad-control-plane_/,
      /===== crictl ps --all\n[\s\S]*kube-scheduler/,
      /===== cat \/kind\/version\nv1\.37\./,
    ])
      expect(controlPlane).toMatch(wanted)
    const worker = await lab.readFile(`${folder}/bad-worker.node.log`)
    expect(worker).toMatch(/===== cat \/var\/log\/kina\/kubeadm-join\.log\n[\s\S]*192\.0\.2\.1/)
    // All that systemd says where its console is no terminal.
    expect(await lab.readFile(`${folder}/bad-worker.console.log`)).toContain('Initializing machine ID')
  })

  it('has every event and every command, and no secret', async () => {
    const events = (await lab.readFile(`${folder}/events.jsonl`)).trim().split('\n')
    expect(events.map((line) => (JSON.parse(line) as { kind: string }).kind)).toContain('step-ended')
    expect(await lab.readFile(`${folder}/commands.log`)).toMatch(/exit 0 after \d+ ms: \S+ start bad-worker\n/)
    for (const name of await readdir(folder)) {
      const text = await lab.readFile(`${folder}/${name}`)
      expect(text).not.toMatch(/PRIVATE KEY-----\n|\b[a-z0-9]{6}\.[a-z0-9]{16}\b/)
    }
  })
})
