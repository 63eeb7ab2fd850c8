import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { nginxArchive, nginxReference } from '../lab/node-image/nginx.ts'
import { kubectlOf } from '../lab/node-image/build.ts'
import { podman } from '../lab/podman/run.ts'
import { eventsOf, type Outcome } from '../support/cluster-fixture.ts'
import { dockerArchive, makeImage, ociArchive } from '../support/oci-images.ts'
import { makeRealLab, type RealLab } from '../support/real-lab.ts'

/** A program that needs nothing beside itself stands for an application. */
const pod = (name: string, image: string, file: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  containers:
  - name: c
    image: ${image}
    imagePullPolicy: Never
    command: [/kubectl, version, --client, --output=json, --kubeconfig=${file}]
`

// containerd 2.x from its Go module, and 1.7 of Debian.
for (const version of ['1.37', '1.35']) {
  describe(`images loaded into real nodes of Kubernetes ${version}`, () => {
    let lab: RealLab
    let program: Uint8Array
    beforeAll(async () => {
      lab = await makeRealLab({ version })
      program = await readFile(await kubectlOf(version))
      const words = ['create', 'cluster', 'one', '--image', lab.nodeImage]
      const { exitCode, stderr } = await lab.kina(words)
      expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
    }, 600_000)
    afterAll(() => lab.remove(), 120_000)

    const image = (tag: string): ReturnType<typeof makeImage> =>
      makeImage({
        reference: `docker.io/library/app:${tag}`,
        layers: [{ kubectl: program }, { 'etc/tag': tag }],
        config: { Cmd: ['/kubectl'] },
      })
    async function load(tag: string): Promise<Outcome & { readonly sent: number }> {
      const path = join(lab.home, 'image.tar')
      await writeFile(path, ociArchive([image(tag)]))
      const outcome = await lab.kina(['load', 'image-archive', path, '--name', 'one', '--log-format', 'json'])
      expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
      const last = eventsOf(outcome).findLast((event) => event.kind === 'progress')
      return { ...outcome, sent: last?.kind === 'progress' ? last.done : 0 }
    }
    const ctr = (...words: readonly string[]): Promise<Outcome> =>
      lab.container(['exec', 'one-control-plane', 'ctr', '--namespace', 'k8s.io', ...words])
    /** Runs the image and gives back what it says. */
    async function runs(name: string, tag: string): Promise<string> {
      await lab.kubectl(['apply', '--filename=-'], pod(name, `docker.io/library/app:${tag}`, '/dev/null'))
      await lab.until(['get', 'pod', name, '--output=jsonpath={.status.phase}'], /^Succeeded$/)
      return await lab.kubectl(['logs', name])
    }

    it('run, and are not sent again', async () => {
      const first = await load('1')
      expect(first.sent).toBeGreaterThan(1_000_000)
      expect(await runs('first', '1')).toContain('clientVersion')
      expect((await load('1')).sent).toBe(0)
      const { stdout } = await lab.kina(['get', 'images', 'one', '-o', 'name'])
      expect(stdout.split('\n')).toContain('docker.io/library/app:1')
    })

    it('serve as nginx does, from an archive of a hundred files and more', async () => {
      const loaded = await lab.kina(['load', 'image-archive', await nginxArchive(), '--name', 'one'])
      expect(`${loaded.exitCode} ${loaded.exitCode === 0 ? '' : loaded.stderr}`).toBe('0 ')
      await lab.kubectl(['run', 'nginx', `--image=${nginxReference}`, '--image-pull-policy=Never', '--port=80'])
      await lab.kubectl(['expose', 'pod', 'nginx'])
      await lab.kubectl(['wait', '--for=condition=Ready', 'pod/nginx', '--timeout=180s'])
      const asked = ['exec', 'nginx', '--', 'bash', '-c', 'exec 3<>/dev/tcp/nginx/80; echo GET / >&3; cat <&3']
      expect(await lab.until(asked, /Welcome to nginx/)).toContain('Welcome to nginx')
    })

    it('send one layer when one has changed, also where unpacked layers were thrown away', async () => {
      const layers = image('1').platforms[0]?.layers ?? []
      expect((await ctr('content', 'rm', ...layers)).exitCode).toBe(0)
      expect((await load('1')).sent).toBe(0)
      const newer = await load('2')
      expect(newer.sent).toBe(image('2').blobs.get(image('2').platforms[0]?.layers[1] ?? '')?.length)
      expect(await runs('second', '2')).toContain('clientVersion')
    })

    it('come out of podman, as it saves them', async () => {
      const reference = 'docker.io/library/app:podman'
      const path = join(lab.home, 'podman.tar')
      await writeFile(path, dockerArchive([image('podman')]))
      onTestFinished(async () => void (await podman('image', 'rm', '--force', '--ignore', reference)))
      await podman('load', '--quiet', '--input', path)
      const loaded = await lab.kina(['load', 'docker-image', 'app:podman', '--name', 'one'])
      expect(`${loaded.exitCode} ${loaded.exitCode === 0 ? '' : loaded.stderr}`).toBe('0 ')
      expect(await runs('podman', 'podman')).toContain('clientVersion')
    })

    it('leave no hold behind, and what the collector may take does not harm them', async () => {
      expect((await ctr('content', 'ls', '--quiet', 'labels."io.kina.hold"')).stdout).toBe('')
      // Without the first image its layer belongs to the second alone.
      await lab.kubectl(['delete', 'pod', 'first', '--wait'])
      await ctr('images', 'rm', '--sync', 'docker.io/library/app:1')
      expect(await runs('third', '2')).toContain('clientVersion')
      expect((await load('2')).sent).toBe(0)
    })
  })
}
