import type { Call } from '../call.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { parse, type Flag } from '../grammar.ts'
import { fullReference, imageRecord, pull } from '../images.ts'
import { compact, pretty } from '../json.ts'
import { forgetImage, images, writeImage, type ImageRecord } from '../state.ts'
import { table } from './containers.ts'

const platformFlags: readonly Flag[] = [
  { long: 'platform', value: true },
  { long: 'arch', short: 'a', value: true },
  { long: 'os', value: true },
]

export function image(call: Call, argv: readonly string[]): number {
  const [verb = '', ...rest] = argv
  switch (verb) {
    case 'ls':
    case 'list': {
      const parsed = parse(
        {
          name: 'image list',
          words: [],
          flags: [
            { long: 'format', value: true },
            { long: 'quiet', short: 'q' },
            { long: 'verbose', short: 'v' },
          ],
        },
        rest,
      )
      const all = images(call.files)
      if (parsed.value('format') === 'json') call.out(compact(all.map(imageJson)))
      else if (parsed.has('quiet')) call.out(all.map(({ reference }) => `${reference}\n`).join(''))
      else call.out(table([['NAME', 'TAG', 'DIGEST'], ...all.map(shortRow)]))
      return 0
    }
    case 'inspect': {
      const parsed = parse({ name: 'image inspect', words: ['images...'], flags: [] }, rest)
      const found = parsed.words.map((word) =>
        images(call.files).find(({ reference }) => reference === fullReference(word)),
      )
      const missing = parsed.words.find((_, index) => found[index] === undefined)
      if (missing !== undefined) throw new Failure(`image not found: ${missing}`)
      call.out(pretty(found.filter((its) => its !== undefined).map(imageJson)))
      return 0
    }
    case 'pull': {
      const parsed = parse(
        {
          name: 'image pull',
          words: ['reference'],
          flags: [
            ...platformFlags,
            { long: 'scheme', value: true },
            { long: 'progress', value: true },
            { long: 'max-concurrent-downloads', value: true },
          ],
        },
        rest,
      )
      pull(call.files, fullReference(parsed.words[0] ?? ''), parsed.value('platform'))
      return 0
    }
    case 'tag': {
      const parsed = parse({ name: 'image tag', words: ['source', 'target'], flags: [] }, rest)
      const [source = '', target = ''] = parsed.words.map(fullReference)
      const found = images(call.files).find(({ reference }) => reference === source)
      if (!found) throw new Failure(`notFound: "image with reference ${source}"`)
      writeImage(call.files, { ...imageRecord(target, found.architecture), digest: found.digest })
      call.out(`${parsed.words[1]}\n`)
      return 0
    }
    case 'rm':
    case 'delete': {
      const parsed = parse(
        {
          name: 'image delete',
          words: ['images...'],
          flags: [
            { long: 'all', short: 'a' },
            { long: 'force', short: 'f' },
          ],
        },
        rest,
      )
      const missing = parsed.words.filter((word) => !forgetImage(call.files, fullReference(word)))
      if (missing.length > 0 && !parsed.has('force'))
        throw new Failure(`failed to delete one or more images: ["${missing.join('", "')}"]`)
      return 0
    }
    case 'save':
    case 'load':
    case 'push':
    case 'prune':
      throw new Failure(`lab: not emulated: image ${verb}`, 70)
    default:
      throw new UsageFailure(`Unexpected argument '${verb}'`, 'image')
  }
}

function shortRow({ reference, digest }: ImageRecord): readonly string[] {
  const [name = '', tag = ''] = reference
    .replace(/^docker\.io\/(library\/)?/, '')
    .replace(/@.*$/, '')
    .split(':')
  return [name, tag, digest.slice('sha256:'.length, 'sha256:'.length + 12)]
}

function imageJson({ reference, digest, architecture }: ImageRecord): object {
  return {
    configuration: {
      creationDate: '2026-05-20T11:03:09Z',
      descriptor: { digest, mediaType: 'application/vnd.oci.image.index.v1+json', size: 741 },
      name: reference,
    },
    id: digest.slice('sha256:'.length),
    variants: [
      {
        config: {
          architecture,
          config: {
            Entrypoint: ['/usr/local/bin/entrypoint', '/sbin/init'],
            Env: [],
            StopSignal: 'SIGRTMIN+3',
            WorkingDir: '/',
          },
          created: '2026-05-20T11:03:09.123Z',
          os: 'linux',
          rootfs: { diff_ids: [digest], type: 'layers' },
        },
        digest,
        platform: { architecture, os: 'linux', ...(architecture === 'arm64' ? { variant: 'v8' } : {}) },
        size: 412_345_678,
      },
    ],
  }
}
