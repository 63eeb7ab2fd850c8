/** `image pull`: from a registry of this machine over HTTP, or made up where LAB_REGISTRY lists the reference. */
import { createWriteStream, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../failure.ts'
import { blobsFolder, hasBlob, isIndex, isManifest, mediaTypes, takeBlob, type Descriptor } from './content.ts'
import { withImages, writeImage, type StoredImage } from './images.ts'
import { importImage } from './import.ts'
import { seedNodeImage } from './node-image.ts'
import { hostPlatform, isSame, type Platform } from './platform.ts'
import { fullReference, parseReference } from './reference.ts'

/** @param platform all of them where it is not given. @throws Failure with the words of the registry client. */
export async function pullImage(
  root: string,
  text: string,
  platform: Platform | undefined,
  scheme = 'auto',
): Promise<StoredImage> {
  const reference = fullReference(text)
  if (offered().map(fullReference).includes(reference)) {
    if (platform && !isSame(platform, hostPlatform())) throw new Failure('image does not support required platforms')
    return await seedNodeImage(root, offered().find((its) => fullReference(its) === reference) ?? reference)
  }
  const { domain = '', path, tag, digest } = parseReference(reference)
  const host = domain === 'docker.io' ? 'registry-1.docker.io' : domain
  const base = `${schemeFor(host, scheme)}://${host}/v2/${path}`
  const root_ = await resolve(`${base}/manifests/${tag ?? digest}`, host)
  const isWanted = (its: Platform): boolean => !platform || isSame(its, platform)
  const descriptor = await importImage(root, root_, isWanted, (its) => fetchBlob(root, base, its))
  const image = { reference, descriptor }
  await withImages(root, () => writeImage(root, image))
  return image
}

function offered(): readonly string[] {
  const path = process.env['LAB_REGISTRY']
  return path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as string[])
}

/** `auto` is http for what is surely private, which a host with a port never is (RequestScheme.swift). */
function schemeFor(host: string, scheme: string): string {
  if (scheme !== 'auto') return scheme
  return host === 'localhost' || /^(10|127|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/.test(host) ? 'http' : 'https'
}

async function resolve(url: string, host: string): Promise<Descriptor> {
  // No test may reach the internet: what is not on this machine has no such image.
  if (!/^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host)) throw refused(url, '404 Not Found', 'manifest unknown')
  const accept = [
    mediaTypes.manifest,
    mediaTypes.index,
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    '*/*',
  ].join(', ')
  const response = await ask(url, { method: 'HEAD', headers: { accept } })
  const digest = response.headers.get('docker-content-digest')
  const mediaType = response.headers.get('content-type')
  if (digest === null) throw new Failure('missing required header Docker-Content-Digest')
  if (mediaType === null) throw new Failure('missing required header Content-Type')
  return { mediaType, digest, size: Number(response.headers.get('content-length')) }
}

async function fetchBlob(root: string, base: string, descriptor: Descriptor): Promise<void> {
  const { digest, mediaType } = descriptor
  if (hasBlob(root, digest)) return
  const isDocument = isIndex(descriptor) || isManifest(descriptor)
  const url = `${base}/${isDocument ? 'manifests' : 'blobs'}/${digest}`
  const response = await ask(url, { headers: { accept: mediaType } })
  const { mkdir } = await import('node:fs/promises')
  await mkdir(blobsFolder(root), { recursive: true })
  const draft = join(root, `pull-${process.pid}-${crypto.randomUUID()}`)
  try {
    if (response.body) await pipeline(Readable.fromWeb(response.body as never), createWriteStream(draft))
    await takeBlob(root, draft, digest)
  } finally {
    if (existsSync(draft)) rmSync(draft)
  }
}

async function ask(url: string, options: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, options)
  } catch (error) {
    throw new Failure(`failed to pull image (cause: "unknown: "${error instanceof Error ? error.message : ''}"")`)
  }
  if (!response.ok) throw refused(url, `${response.status} ${response.statusText}`, 'Unknown')
  return response
}

function refused(url: string, status: string, reason: string): Failure {
  return new Failure(
    `failed to pull image (cause: "internalError: "HTTP request to ${url} failed with response: ${status}. Reason: ${reason}"")`,
  )
}
