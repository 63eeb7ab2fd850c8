import * as v from 'valibot'
import { isXpcTimeout } from '../failures.ts'
import type { Operation } from '../operation.ts'

const images = v.array(v.object({ configuration: v.object({ name: v.string() }) }))

/** Full references in the local store. */
export const listImages: Operation<readonly string[]> = {
  argv: ['image', 'list', '--format', 'json'],
  does: 'list images',
  within: 15_000,
  parse: (stdout) => v.parse(images, JSON.parse(stdout)).map(({ configuration }) => configuration.name),
}

/** One platform only: without `--platform` every platform of the index is pulled and unpacked. */
export function pullImage(reference: string, platform: string): Operation<void> {
  return {
    argv: ['image', 'pull', '--platform', platform, '--progress', 'none', reference],
    does: `pull image "${reference}"`,
    within: 15 * 60_000,
    parse: () => undefined,
    transient: (error) =>
      isXpcTimeout(error) ||
      error.seen.some((line) => /HTTP (429|5\d\d)|connection (reset|lost)|timed out/i.test(line)),
  }
}
