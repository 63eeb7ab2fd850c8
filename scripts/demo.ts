/**
 * Builds kina, then creates, shows, uses and deletes a cluster of two nodes: for real on a Mac with Apple's `container`, elsewhere
 * on the stand-in with simulated nodes. The user's own kubeconfig, clusters and settings are not touched.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { $, which } from 'zx'
import { defaultNodeImage } from '../src/config/node-images.ts'
import { removeLab } from '../test/lab/remove-lab.ts'
import { seedImage } from '../test/lab/seed.ts'

process.chdir(resolve(import.meta.dirname, '..'))
const name = 'kina-demo'

interface Place {
  readonly env: Readonly<Record<string, string>>
  cleanUp(): Promise<void>
}

async function choosePlace(folder: string): Promise<Place> {
  const container = await which(process.env['KINA_CONTAINER'] ?? 'container', { nothrow: true })
  if (process.platform === 'darwin' && container) {
    console.log(`The nodes are real virtual machines, run by ${container}.`)
    return { env: {}, cleanUp: () => Promise.resolve() }
  }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(
      "The demo needs a Mac with Apple's container (https://github.com/apple/container/releases), or Linux and root for the stand-in.",
    )
  }
  console.log(
    "NOT A REAL CLUSTER: there is no Mac here. A stand-in plays Apple's container, and small programs play kubeadm and the kubelet in the nodes.",
  )
  const root = join(folder, 'lab')
  seedImage(root, defaultNodeImage)
  return {
    env: {
      KINA_CONTAINER: resolve('test/lab/container'),
      LAB_ROOT: root,
      KINA_STATE_DIR: join(folder, 'state'),
      KINA_LOG_DIR: join(folder, 'logs'),
    },
    cleanUp: () => removeLab(root),
  }
}

/** Runs kina as a user would see it. @returns its exit code. */
async function kina(env: Place['env'], ...words: readonly string[]): Promise<number | null> {
  console.log(`\n$ kina ${words.join(' ')}`)
  return await $({ stdio: 'inherit', env: { ...process.env, ...env }, nothrow: true })`dist/kina ${words}`.exitCode
}

/** Ends with what failed first; the cluster is deleted in any case. */
async function demonstrate(env: Place['env']): Promise<boolean> {
  const node = `${name}-control-plane`
  const kubectl = ['kubectl', '--kubeconfig=/etc/kubernetes/admin.conf']
  const walk: readonly (readonly string[])[] = [
    ['create', 'cluster', '--name', name, '--workers', '1'],
    ['get', 'clusters'],
    ['get', 'nodes', '--name', name],
    ['status', name],
    ['exec', node, '--', ...kubectl, 'get', 'nodes', '--output=name'],
  ]
  let isGood = true
  for (const words of walk) {
    isGood = (await kina(env, ...words)) === 0
    if (!isGood) break
  }
  return (await kina(env, 'delete', 'cluster', '--name', name)) === 0 && isGood
}

// A terminal sends Ctrl-C to kina as well, which undoes its create; then the demo goes on to the deletion.
process.on('SIGINT', () => undefined)

const folder = await mkdtemp(join(tmpdir(), 'kina-demo-'))
try {
  const { env, cleanUp } = await choosePlace(folder)
  try {
    console.log('Build dist/kina ...')
    await $({ quiet: true })`node_modules/.bin/bun scripts/build.ts --host-only`
    const isGood = await demonstrate({ ...env, KUBECONFIG: join(folder, 'kubeconfig') })
    console.log(isGood ? '\nThe demo has ended well, and left nothing behind.' : '\nThe demo FAILED.')
    process.exitCode = isGood ? 0 : 1
  } finally {
    await cleanUp()
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
