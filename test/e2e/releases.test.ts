import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeRealLab, type RealLab } from '../support/real-lab.ts'

const older = 'docker.io/kindest/node:v1.35.4'

describe('other releases of Kubernetes', () => {
  let lab: RealLab
  beforeAll(async () => {
    lab = await makeRealLab({ others: ['1.35'] })
  })
  afterEach(async () => {
    expect((await lab.kina(['delete', 'clusters', '--all'])).exitCode).toBe(0)
  })
  afterAll(() => lab.remove())

  const versions = (): Promise<string> =>
    lab.kubectl([
      'get',
      'nodes',
      '--output=jsonpath={range .items[*]}{.metadata.name} {.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}{"\\n"}{end}',
    ])

  it('1.35, whose kubeadm takes v1beta3, with containerd 1.7', async () => {
    const { exitCode, stderr } = await lab.kina(['create', 'cluster', 'old', '--image', older])
    expect(stderr).toContain('kubectl cluster-info --context kina-old')
    expect(exitCode).toBe(0)
    expect(await versions()).toMatch(/^old-control-plane v1\.35\.4 containerd:\/\/1\.7/)
  })

  const createMixed = (controlPlane: string, worker: string): ReturnType<RealLab['kina']> =>
    lab.kina(['create', 'cluster', '--config', '-'], {
      input: `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: mixed
nodes:
- {role: control-plane, image: '${controlPlane}'}
- {role: worker, image: '${worker}'}
`,
    })

  it('a worker of 1.35 under a control plane of 1.37', async () => {
    const { exitCode, stderr } = await createMixed(lab.nodeImage, older)
    expect(stderr).toContain('kubectl cluster-info --context kina-mixed')
    expect(exitCode).toBe(0)
    expect(await versions()).toMatch(/^mixed-control-plane v1\.37\.\d+ .*\nmixed-worker v1\.35\.4 /)
  })

  it('a worker newer than its control plane is refused before anything starts', async () => {
    const { exitCode, stderr } = await createMixed(older, lab.nodeImage)
    expect(stderr).toContain('mixed-worker is newer than the control plane')
    expect(exitCode).toBe(2)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
  })
})
