/** What images are unpacked to, by the digest of their manifest: made once, cloned for each container, gone with the image. */
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'

export function snapshotPath(root: string, manifest: string): string {
  mkdirSync(join(root, 'snapshots'), { recursive: true })
  return join(root, 'snapshots', manifest.replace('sha256:', ''))
}

/** @throws Failure when the image has been deleted since the container was created. */
export function requireSnapshot(root: string, manifest: string): string {
  const path = snapshotPath(root, manifest)
  if (!existsSync(path)) throw new Failure(`failed to bootstrap container (cause: "notFound: "snapshot ${manifest}"")`)
  return path
}

/** Removes those of manifests that no name reaches any more. */
export function keepSnapshots(root: string, digests: ReadonlySet<string>): void {
  const folder = join(root, 'snapshots')
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    if (digests.has(`sha256:${name}`)) continue
    // A link leads to what other labs use as well.
    if (lstatSync(join(folder, name)).isSymbolicLink()) rmSync(join(folder, name))
    else rmSync(join(folder, name), { recursive: true })
  }
}
