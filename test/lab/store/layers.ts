/** Layers of an image, one above the other, as they look in the root of a container. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { blobPath, readBlob, type Manifest } from './content.ts'

/** @param without names at the top of the image that are left out. */
export function extractLayers(root: string, manifest: string, target: string, without: readonly string[] = []): void {
  for (const { digest } of readBlob<Manifest>(root, { digest: manifest }).layers) {
    const layer = blobPath(root, digest)
    for (const name of namesIn(layer)) if (basename(name).startsWith('.wh.')) whiteOut(target, name)
    execFileSync(
      'tar',
      [
        '-C',
        target,
        '--numeric-owner',
        '--xattrs',
        '--xattrs-include=*',
        '--no-anchored',
        '--exclude=.wh.*',
        '--anchored',
        ...without.flatMap((name) => [`--exclude=${name}`, `--exclude=./${name}`]),
        '-xf',
        layer,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 },
    )
  }
}

function namesIn(layer: string): readonly string[] {
  const options = { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 } as const
  return execFileSync('tar', ['-tf', layer], options).split('\n')
}

/** A mark in a layer takes away what a lower one has: a name, or all that is in a folder. */
function whiteOut(target: string, mark: string): void {
  const folder = join(target, dirname(mark))
  if (basename(mark) !== '.wh..wh..opq')
    rmSync(join(folder, basename(mark).slice('.wh.'.length)), { recursive: true, force: true })
  else if (existsSync(folder)) for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
}
