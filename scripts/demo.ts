/**
 * Builds kina, then creates, shows, uses and deletes a cluster of two nodes: on a Mac with Apple's `container`; on Linux with root on
 * the stand-in with real nodes; where those cannot be had, or with --simulated, on the stand-in with simulated nodes, and it says so. The user's own
 * kubeconfig, clusters and settings are not touched.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { $, which } from 'zx'
import { defaultNodeImage } from '../src/config/node-images.ts'
import { makeOwnLab } from '../test/lab/podman/own-lab.ts'
import { seedArchive } from '../test/lab/podman/seed.ts'
import { removeRealLab } from '../test/lab/podman/sweep.ts'
import { buildNodeImage } from '../test/lab/node-image/build.ts'
import { removeLab } from '../test/lab/remove-lab.ts'
import { seedImage } from '../test/lab/seed.ts'
import { whyNoRealNodes } from './real-nodes.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const name = 'demo'

interface Place {
  readonly env: Readonly<Record<string, string>>
  /** Node image, where the default one cannot be had. */
  readonly image?: string
  /** Image of the app; undefined where nothing runs in pods. */
  readonly app: string | undefined
  cleanUp(): Promise<void>
}

async function choosePlace(folder: string): Promise<Place> {
  const container = await which(process.env['KINA_CONTAINER'] ?? 'container', { nothrow: true })
  if (process.platform === 'darwin' && container) {
    console.log(`The nodes are real virtual machines, run by ${container}.`)
    return { env: {}, app: 'registry.k8s.io/e2e-test-images/agnhost:2.53', cleanUp: () => Promise.resolve() }
  }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(
      "The demo needs a Mac with Apple's container (https://github.com/apple/container/releases), or Linux and root for the stand-in.",
    )
  }
  const own = { KINA_STATE_DIR: join(folder, 'state'), KINA_LOG_DIR: join(folder, 'logs') }
  const reason = process.argv.includes('--simulated') ? '--simulated' : whyNoRealNodes()
  return reason === undefined ? await realNodes(own) : simulatedNodes(folder, own, reason)
}

async function realNodes(own: Place['env']): Promise<Place> {
  console.log(
    "Not a Mac: a stand-in plays Apple's container. The nodes are real: systemd, containerd, kubelet, etcd, in containers of podman's.\nPrepare this machine (the first time compiles Kubernetes, 10 to 20 minutes on two cores) ...",
  )
  await $({ stdio: 'inherit' })`./scripts/lab up 1.37`
  const lab = await makeOwnLab()
  const env = { ...lab.env, ...own }
  const image = await seedArchive(lab.root, await buildNodeImage('1.37'))
  return { env, image, app: 'docker.io/kina-lab/agnhost:1', cleanUp: () => removeRealLab(lab.folder) }
}

function simulatedNodes(folder: string, own: Place['env'], reason: string): Place {
  console.log(
    `NOT A REAL CLUSTER (${reason}): a stand-in plays Apple's container, and small programs play kubeadm and the kubelet in the nodes.`,
  )
  const root = join(folder, 'lab')
  seedImage(root, defaultNodeImage)
  return {
    env: { KINA_CONTAINER: resolve('test/lab/container'), LAB_ROOT: root, ...own },
    app: undefined,
    cleanUp: () => removeLab(root),
  }
}

/** Runs kina as a user would see it. @returns its exit code. */
async function kina(env: Place['env'], words: readonly string[], input = ''): Promise<number | null> {
  console.log(`\n$ kina ${words.join(' ')}${input === '' ? '' : ' <app.yaml'}`)
  const run = $({ stdio: ['pipe', 'inherit', 'inherit'], env: { ...process.env, ...env }, nothrow: true, input })
  return await run`dist/kina ${words}`.exitCode
}

const app = (image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: '${image}', args: [netexec, --http-port=8080]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
`

/** Ends with what failed first; the cluster is deleted in any case. */
async function demonstrate({ env, image: nodeImage, app: image }: Place): Promise<boolean> {
  const kubectl = ['exec', '-i', `${name}-control-plane`, '--', 'kubectl', '--kubeconfig=/etc/kubernetes/admin.conf']
  // What is behind the service says its name.
  const ask = 'exec curl --silent --show-error --retry 9 --retry-connrefused "http://$1/hostname"'
  const address = async (): Promise<string> => {
    const words = [...kubectl, 'get', 'service', 'web', '--output=jsonpath={.spec.clusterIP}']
    return (await $({ quiet: true, env: { ...process.env, ...env } })`dist/kina ${words}`).stdout
  }
  const walk: readonly (() => Promise<number | null>)[] = [
    () =>
      kina(env, ['create', 'cluster', '--name', name, '--workers', '1', ...(nodeImage ? ['--image', nodeImage] : [])]),
    () => kina(env, ['get', 'nodes', '--name', name, '--output', 'table']),
    () => kina(env, ['status', name]),
    ...(image === undefined
      ? [() => kina(env, [...kubectl, 'get', 'nodes', '--output=name'])]
      : [
          () => kina(env, [...kubectl, 'apply', '--filename=-'], app(image)),
          () => kina(env, [...kubectl, 'rollout', 'status', 'deployment/web', '--timeout=5m']),
          () => kina(env, [...kubectl, 'get', 'nodes,pods', '--all-namespaces', '--output=wide']),
          async () => kina(env, ['exec', `${name}-worker`, '--', 'bash', '-c', ask, 'ask', await address()]),
        ]),
    () => kina(env, ['timings']),
  ]
  let isGood = true
  for (const step of walk) {
    isGood = (await step()) === 0
    if (!isGood) break
  }
  return (await kina(env, ['delete', 'cluster', '--name', name])) === 0 && isGood
}

// A terminal sends Ctrl-C to kina as well, which undoes its create; then the demo goes on to the deletion.
process.on('SIGINT', () => undefined)

const folder = await mkdtemp(join(tmpdir(), 'kina-demo-'))
try {
  const place = await choosePlace(folder)
  try {
    console.log('Build dist/kina ...')
    await $({ quiet: true })`node_modules/.bin/bun scripts/build.ts --host-only`
    const isGood = await demonstrate({ ...place, env: { ...place.env, KUBECONFIG: join(folder, 'kubeconfig') } })
    console.log(isGood ? '\nThe demo has ended well, and left nothing behind.' : '\nThe demo FAILED.')
    process.exitCode = isGood ? 0 : 1
  } finally {
    await place.cleanUp()
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
