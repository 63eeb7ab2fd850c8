import * as v from 'valibot'
import type { StoredImage } from '../apple-container.ts'
import { isMissing, isXpcTimeout } from '../failures.ts'
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

const inspected = v.array(
  v.object({
    variants: v.array(
      v.object({
        digest: v.string(),
        platform: v.object({ os: v.string(), architecture: v.string(), variant: v.optional(v.string(), '') }),
        config: v.object({ rootfs: v.object({ diff_ids: v.array(v.string()) }) }),
      }),
    ),
  }),
)

/** Undefined when there is no such image. */
export function inspectImage(reference: string): Operation<StoredImage | undefined> {
  return {
    argv: ['image', 'inspect', reference],
    does: `inspect image "${reference}"`,
    within: 15_000,
    alsoFine: isMissing,
    parse: (stdout) => {
      if (stdout.trim() === '') return undefined
      const [image] = v.parse(inspected, JSON.parse(stdout))
      return image?.variants.map(({ digest, platform, config }) => ({
        manifest: digest,
        ...platform,
        diffIds: config.rootfs.diff_ids,
      }))
    },
  }
}

/** To a file: the first release writes the names behind an archive on stdout (apple/container#1801). */
export function saveImage(reference: string, platform: string, file: string): Operation<void> {
  return {
    argv: ['image', 'save', '--platform', platform, '--output', file, reference],
    does: `save image "${reference}"`,
    within: 15 * 60_000,
    parse: () => undefined,
  }
}
