import { delimiter, join } from 'node:path'
import type { Host } from '../host/host.ts'

/** The first file of this name in the folders of PATH. */
export async function findProgram({ env, files }: Host, name: string): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name)
    if ((await files.kindOf(path)) === 'file') return path
  }
  return undefined
}
