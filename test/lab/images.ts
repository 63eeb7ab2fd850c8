import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { Failure } from './failure.ts'
import { images, writeImage, type ImageRecord, type LabFiles } from './state.ts'

/** docker.io for a missing domain, library/ for a single word, latest for a missing tag. */
export function fullReference(text: string): string {
  const [name = '', digest] = text.split('@')
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const hasDomain = first === 'localhost' || first.includes('.') || first.includes(':')
  const domain = hasDomain ? first : 'docker.io'
  const path = hasDomain ? name.slice(slash + 1) : name.includes('/') ? name : `library/${name}`
  const tagged = path.includes(':') || digest !== undefined ? path : `${path}:latest`
  return `${domain}/${tagged}${digest === undefined ? '' : `@${digest}`}`
}

/** `linux/arm64`, `linux/arm64/v8`; this machine's where nothing is said. */
function architectureOf(platform: string | undefined): string {
  const [, architecture] = (platform ?? '').split('/')
  return architecture ?? hostArchitecture()
}

export function hostArchitecture(): string {
  return process.arch === 'arm64' ? 'arm64' : 'amd64'
}

export function imageRecord(reference: string, architecture: string): ImageRecord {
  const [, pinned] = /@(sha256:[0-9a-f]{64})$/.exec(reference) ?? []
  return { reference, architecture, digest: pinned ?? `sha256:${createHash('sha256').update(reference).digest('hex')}` }
}

/** Pulls from what LAB_REGISTRY lists: a JSON file with full references. */
export function pull(files: LabFiles, reference: string, platform: string | undefined): ImageRecord {
  const path = process.env['LAB_REGISTRY']
  const offered = path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as string[])
  if (!offered.includes(reference)) {
    const [repository = ''] = reference.replace(/^[^/]+\//, '').split(/[:@]/)
    throw new Failure(
      `failed to pull image (cause: "internalError: "HTTP request to https://registry-1.docker.io/v2/${repository}/manifests failed with response: 404 Not Found. Reason: manifest unknown"")`,
    )
  }
  const architecture = architectureOf(platform)
  if (architecture !== hostArchitecture()) throw new Failure(`unsupported platform linux/${architecture}`)
  const image = imageRecord(reference, architecture)
  writeImage(files, image)
  return image
}

/** The image for a container: found, or pulled. */
export function imageFor(files: LabFiles, text: string, platform: string | undefined): ImageRecord {
  const reference = fullReference(text)
  const found = images(files).find((image) => image.reference === reference)
  if (!found) return pull(files, reference, platform)
  if (found.architecture !== architectureOf(platform))
    throw new Failure(`unsupported platform: image ${reference} has no content for platform ${platform}`)
  return found
}
