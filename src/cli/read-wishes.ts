import { resolve } from 'node:path'
import type { Wishes } from '../config/resolve.ts'
import { KinaError } from '../errors.ts'
import type { Host } from '../host/host.ts'

/** The options of `create cluster` that say what is wanted. */
interface Given {
  readonly config: string | undefined
  readonly image: string | undefined
  readonly kubernetesVersion: string | undefined
  readonly workers: string | undefined
  readonly controlPlanes: string | undefined
  readonly cpus: string | undefined
  readonly memory: string | undefined
  readonly wait: string | undefined
  readonly allowDegraded: boolean
}

/** The cluster file is read here, so that all that follows is pure. @throws KinaError `invalid-config` when it cannot be read. */
export async function readWishes(host: Host, name: string | undefined, given: Given): Promise<Wishes> {
  const { config, allowDegraded, ...texts } = given
  const file = config === undefined ? undefined : await readFile(host, config)
  const present = Object.fromEntries(
    (['image', 'kubernetesVersion', 'workers', 'controlPlanes', 'cpus', 'memory', 'wait'] as const)
      .map((key) => [key, texts[key]] as const)
      .filter(([, text]) => text !== undefined),
  )
  return { ...present, ...(name === undefined ? {} : { name }), ...(file === undefined ? {} : { file }), allowDegraded }
}

async function readFile(host: Host, config: string): Promise<{ readonly text: string; readonly source: string }> {
  if (config === '-') return { text: await host.files.readStdin(), source: 'stdin' }
  try {
    const text = await host.files.read(resolve(host.platform.cwd, config))
    if (text !== undefined) return { text, source: config }
  } catch (error) {
    throw unreadable(config, error instanceof Error ? error.message : String(error))
  }
  throw unreadable(config, 'there is no such file')
}

function unreadable(config: string, reason: string): KinaError {
  return new KinaError('invalid-config', `Cannot read the cluster file "${config}"`, {
    seen: [reason],
    hint: 'Give the path of a file, or - to read stdin',
  })
}
