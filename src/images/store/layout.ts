import { KinaError } from '../../errors.ts'
import { layoutMark } from '../layout-mark.ts'
import { pathOf, type Store } from './store.ts'

const version = layoutMark.imageLayoutVersion

/** What kina may have made before it came to write `oci-layout`. */
const own = ['blobs', 'ingest', 'locks', 'holds', 'reserve']

/**
 * Looks whether the folder is a cache, or can become one: it is missing, or empty but for hidden files.
 * @throws KinaError `cache-unusable` for a folder of somebody else's, in which nothing is touched.
 */
export async function checkLayout(store: Store): Promise<void> {
  // Listed before the mark is looked for: another process may be making the cache right now.
  const listed = await store.files.list(store.folder)
  const text = await store.files.read(pathOf.layout(store))
  if (text !== undefined) {
    if (versionIn(text) === version) return
    throw unusable(store, [`${pathOf.layout(store)}: not an OCI image layout of version ${version}`])
  }
  const others = listed.filter((name) => !name.startsWith('.') && !own.includes(name))
  if (others.length > 0) throw unusable(store, [`it holds other files: ${others.slice(0, 5).join(', ')}`])
}

/** Makes the folders, after `checkLayout`. */
export async function makeFolders(store: Store): Promise<void> {
  for (const path of [pathOf.blobs, pathOf.ingest, pathOf.locks, pathOf.holds])
    await store.files.makeFolder(path(store))
}

/** Marks the folder as an OCI image layout. To be called with the store's lock held. */
export async function markLayout(store: Store): Promise<void> {
  if ((await store.files.kindOf(pathOf.layout(store))) === undefined)
    await store.files.writeAtomically(pathOf.layout(store), JSON.stringify({ imageLayoutVersion: version }))
}

function versionIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { imageLayoutVersion?: unknown }).imageLayoutVersion
  } catch {
    return undefined
  }
}

function unusable({ folder }: Store, seen: readonly string[]): KinaError {
  return new KinaError('cache-unusable', `Cannot use "${folder}" as the image cache`, {
    seen,
    hint: 'Name another folder in KINA_CACHE_DIR, or move these files away',
  })
}
