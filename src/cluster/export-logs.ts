import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { collectLogs } from '../guest/programs.ts'
import { redact } from '../host/redact.ts'
import { connect } from './connect.ts'
import { findCluster, type NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'

/**
 * Saves the logs of every node in a folder of its own, with kind's names (kind 0.33, `kind export logs`): `serial.log`,
 * `boot.log`, `inspect.json`, and of a node that runs `journal.log`, `kubelet.log`, `containerd.log`, `images.log`, `pods/` ...
 * A log that cannot be had is a warning, and does not keep the others.
 *
 * @param versionLine what `version` says, kept with the logs.
 * @throws KinaError `cluster-missing`.
 */
export async function exportLogs(kina: Kina, name: string, folder: string, versionLine: string): Promise<void> {
  const { host, product } = kina
  const apple = connect(kina)
  const cluster = await findCluster(apple, name)
  if (!cluster) {
    // kind's text, which is another one than that of all other commands.
    throw new KinaError('cluster-missing', `unknown cluster "${name}"`, {
      hint: `"${product} get clusters" lists the clusters`,
    })
  }
  await host.files.makeFolder(folder)
  await host.files.writeAtomically(`${folder}/${product}-version.txt`, versionLine)
  await Promise.all(cluster.nodes.map((node) => exportNode(kina, apple, node, `${folder}/${node.id}`)))
}

async function exportNode(kina: Kina, apple: AppleContainer, node: NodeRecord, folder: string): Promise<void> {
  const { host, deadlines, report, signal } = kina
  await host.files.makeFolder(folder)
  const attempt = async (what: string, save: () => Promise<void>): Promise<void> => {
    try {
      await save()
    } catch (error) {
      if (!(error instanceof KinaError) || signal.aborted) throw error
      report({ kind: 'warning', message: `No ${what} of ${node.id}: ${error.message}` })
    }
  }
  const saveText = async (file: string, ask: () => Promise<string>): Promise<void> =>
    attempt(file, async () => host.files.writeAtomically(`${folder}/${file}`, redact(await ask())))
  await Promise.all([
    saveText('serial.log', () => apple.logs(node.id, 'console', { signal })),
    saveText('boot.log', () => apple.logs(node.id, 'boot', { signal })),
    saveText('inspect.json', () => apple.inspect(node.id, { signal })),
    ...(node.state === 'running'
      ? [
          attempt('logs from inside', () =>
            apple.pipeExec(
              node.id,
              ['bash', '-c', collectLogs.text, collectLogs.name],
              ['tar', '-x', '--no-same-owner', '-f', '-', '-C', folder],
              { signal, within: deadlines.exportLogs },
            ),
          ),
        ]
      : []),
  ])
}
