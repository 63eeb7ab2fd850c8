import { delimiter, dirname } from 'node:path'
import { KinaError } from '../errors.ts'
import type { Host } from '../host/host.ts'
import { hasContext, isOwnContext, mergeKubeconfig, removeKubeconfig } from '../kubernetes/kubeconfig.ts'
import type { Kina } from './kina.ts'
import { contextName } from './names.ts'

export function serverUrl(address: string, port: number): string {
  // A server that listens everywhere is reached on loopback, where its certificate is valid.
  const reachable =
    address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '[::1]' : address.includes(':') ? `[${address}]` : address
  return `https://${reachable}:${port}`
}

/** kubectl's rules: the flag alone, else the files of $KUBECONFIG, else ~/.kube/config. */
export function kubeconfigPaths({ env, platform }: Host, flag: string | undefined): readonly string[] {
  if (flag) return [flag]
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean)
  return listed.length > 0 ? [...new Set(listed)] : [`${platform.home}/.kube/config`]
}

/**
 * The file that a create or an export changes: the first that exists, else the last. Not one further back that has the context
 * already: kubectl takes current-context and every entry from the first file that has them, so it would not see the change.
 * @throws KinaError `kubeconfig-unwritable`, before anything has been started.
 */
export async function kubeconfigToWrite(kina: Kina, flag: string | undefined): Promise<string> {
  const { files } = kina.host
  const paths = kubeconfigPaths(kina.host, flag)
  const texts = await Promise.all(paths.map((path) => readText(kina.host, path)))
  const existing = texts.findIndex((text) => text !== undefined)
  const index = existing >= 0 ? existing : paths.length - 1
  const path = await files.realPath(paths[index] ?? '')
  const reason = await files.whyNotWritable(path)
  if (reason !== undefined) {
    throw new KinaError('kubeconfig-unwritable', `Cannot write the kubeconfig "${path}"`, {
      seen: [reason],
      hint: 'Write to another file with --kubeconfig FILE',
    })
  }
  return path
}

/** Enters the cluster into the file and makes it the current context. */
export async function enterKubeconfig(kina: Kina, path: string, addition: string): Promise<void> {
  await edit(kina, path, (text) => mergeKubeconfig(text, addition))
}

/**
 * Takes the cluster out of every file that kubectl would read, and removes a file that kina made.
 * A cluster may have been made under the other name: that context goes too where kina made it, and stays where it is the real kind's.
 */
export async function leaveKubeconfigs(kina: Kina, cluster: string, flag: string | undefined): Promise<void> {
  const own = contextName(kina.product, cluster)
  const other = contextName(kina.product === 'kind' ? 'kina' : 'kind', cluster)
  const toRemove = (text: string | undefined): readonly string[] =>
    text === undefined || text.trim() === ''
      ? []
      : [...(hasContext(text, own) ? [own] : []), ...(isOwnContext(text, other) ? [other] : [])]
  for (const named of kubeconfigPaths(kina.host, flag)) {
    const path = await kina.host.files.realPath(named)
    if (toRemove(await readText(kina.host, path)).length === 0) continue
    await edit(kina, path, (text) =>
      toRemove(text).reduce<string | undefined>(
        (now, context) => now && removeKubeconfig(now, context, kina.product === 'kind' ? 'unset' : 'restore'),
        text,
      ),
    )
  }
}

/** The files that kubectl would read and that are there, with their texts. */
export async function readKubeconfigs(
  host: Host,
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const paths = kubeconfigPaths(host, undefined)
  const texts = await Promise.all(paths.map((path) => readText(host, path)))
  return paths.flatMap((path, index) => {
    const text = texts[index]
    return text === undefined || text.trim() === '' ? [] : [{ path, text }]
  })
}

async function readText(host: Host, path: string): Promise<string | undefined> {
  try {
    return await host.files.read(path)
  } catch (error) {
    throw new KinaError('kubeconfig-unwritable', `Cannot read the kubeconfig "${path}"`, {
      seen: [error instanceof Error ? error.message : String(error)],
      cause: error,
    })
  }
}

/** Between two looks at a lock that somebody holds. */
const lockPollMs = 50

/** Under the lock that kubectl uses: `<file>.lock`, made exclusively, waited for, never taken over. */
async function edit(kina: Kina, path: string, change: (text: string | undefined) => string | undefined): Promise<void> {
  try {
    await editLocked(kina, path, change)
  } catch (error) {
    if (error instanceof KinaError) throw error
    throw new KinaError('kubeconfig-unwritable', `Cannot write the kubeconfig "${path}"`, {
      seen: [error instanceof Error ? error.message : String(error)],
      hint: 'Write to another file with --kubeconfig FILE',
      cause: error,
    })
  }
}

async function editLocked(
  kina: Kina,
  path: string,
  change: (text: string | undefined) => string | undefined,
): Promise<void> {
  const { files, clock } = kina.host
  const lock = `${path}.lock`
  await files.makeFolder(dirname(path))
  const end = clock.now() + kina.deadlines.kubeconfigLock
  while (!(await files.createExclusively(lock, ''))) {
    if (clock.now() > end) {
      throw new KinaError('kubeconfig-unwritable', `Cannot write the kubeconfig "${path}": it is locked`, {
        seen: [`${lock} exists`],
        hint: `If no kubectl or kina is at work, remove ${lock}`,
      })
    }
    await clock.sleep(lockPollMs)
  }
  try {
    const before = await files.read(path)
    const after = change(before)
    if (after === before) return
    if (after === undefined) await files.remove(path)
    else await files.writeAtomically(path, after)
  } finally {
    await files.remove(lock)
  }
}
