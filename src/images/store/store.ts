import { KinaError } from '../../errors.ts'
import type { BlobFiles, Files, Host } from '../../host/host.ts'
import { asUnwritable, isDiskFull, thisProcess, type Owner } from '../../host/owner-file.ts'
import type { Tell } from '../tell.ts'

/** The cache as a command has it open. Functions of this folder take it as their first argument. */
export interface Store {
  /** An OCI image layout: `oci-layout`, `index.json`, `blobs/sha256`; and kina's own `ingest`, `locks` and `holds`. */
  readonly folder: string
  /** These say what is wrong with the cache's folder when something is. */
  readonly files: Files
  readonly blobs: BlobFiles
  readonly processes: Host['processes']
  readonly clock: Host['clock']
  /** This process, for locks and holds. */
  readonly own: Owner
  readonly tell: Tell
  readonly signal: AbortSignal
  /** Longest wait for another process that changes the cache, milliseconds. */
  readonly lockWithin: number
}

export interface StoreOptions {
  readonly folder: string
  readonly run: string
  readonly command: string
  readonly tell: Tell
  readonly signal: AbortSignal
  readonly lockWithin: number
}

/** Opens the cache; nothing is written yet, and its folder need not exist. */
export async function openStore(host: Host, { run, command, ...options }: StoreOptions): Promise<Store> {
  const explain = (error: unknown): unknown => explainFailure(options.folder, error)
  const blobs = explaining(host.blobs, explain)
  return {
    ...options,
    files: explaining(host.files, explain),
    blobs: { ...blobs, append: async (path) => explaining(await blobs.append(path), explain) },
    processes: host.processes,
    clock: host.clock,
    own: await thisProcess(host, { run, command }),
  }
}

export const pathOf = {
  layout: ({ folder }: Store) => `${folder}/oci-layout`,
  index: ({ folder }: Store) => `${folder}/index.json`,
  blobs: ({ folder }: Store) => `${folder}/blobs/sha256`,
  /** Blobs that are not complete, or not yet known to be right, by digest. */
  ingest: ({ folder }: Store) => `${folder}/ingest`,
  locks: ({ folder }: Store) => `${folder}/locks`,
  holds: ({ folder }: Store) => `${folder}/holds`,
  /** Room for locks, given up when the disk is full: without a lock nothing could be pruned. */
  reserve: ({ folder }: Store) => `${folder}/reserve`,
  blob: (store: Store, digest: string) => `${pathOf.blobs(store)}/${hexOf(digest)}`,
  partial: (store: Store, digest: string) => `${pathOf.ingest(store)}/${hexOf(digest)}`,
  blobLock: (store: Store, digest: string) => `${pathOf.locks(store)}/${hexOf(digest)}`,
} as const

export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length)
}

/** Every method with its failures explained. */
function explaining<Api extends object>(api: Api, explain: (error: unknown) => unknown): Api {
  const wrapped = Object.entries(api).map(([name, method]: [string, (...words: unknown[]) => unknown]) => [
    name,
    (...words: unknown[]) => {
      const result = method(...words)
      if (!(result instanceof Promise)) return result
      return result.catch((error: unknown) => {
        throw explain(error)
      })
    },
  ])
  return Object.fromEntries(wrapped) as Api
}

function explainFailure(folder: string, error: unknown): unknown {
  if (isDiskFull(error)) {
    return new KinaError('disk-full', `Cannot write in the image cache "${folder}": the disk is full`, {
      seen: [(error as Error).message],
      hint: 'Make room, for instance with "kina cache prune --all", and try again: what is there is not fetched again',
    })
  }
  const message = `Cannot use the image cache "${folder}"`
  return asUnwritable(error, 'cache-unusable', message, 'Make it writable, or name another folder in KINA_CACHE_DIR')
}
