import { execFile, spawn } from 'node:child_process'
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { arch } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { MadeImage } from './made-image.ts'

type PushedImage = Pick<MadeImage, 'blobs' | 'root' | 'manifests'>

/** Docker's own registry (CNCF Distribution), as Debian and Ubuntu package it. */
export interface Distribution {
  /** `localhost:12345` */
  readonly name: string
  push(repository: string, tag: string, image: PushedImage): Promise<void>
  remove(): Promise<void>
}

const run = promisify(execFile)

/** The program out of its package, kept in `.cache`; nothing is installed. */
async function ensureProgram(): Promise<string> {
  const folder = resolve(import.meta.dirname, '../../.cache', `docker-registry-${arch()}`)
  const program = join(folder, 'usr/bin/docker-registry')
  if (await exists(program)) return program
  await mkdir(resolve(folder, '..'), { recursive: true })
  const work = await mkdtemp(`${folder}.`)
  try {
    const download = () => run('apt-get', ['download', 'docker-registry'], { cwd: work, timeout: 120_000 })
    await download().catch(async () => {
      await run('apt-get', ['update'], { timeout: 300_000 })
      await download()
    })
    const archive = (await readdir(work)).find((name) => name.endsWith('.deb'))
    if (archive === undefined) throw new Error('apt-get download docker-registry left no package')
    await run('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work })
    await rm(folder, { recursive: true, force: true })
    await rename(join(work, 'unpacked'), folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return program
}

/** @param users lines of htpasswd with bcrypt; without them everybody may read and write. */
export async function startDistribution(below: string, users?: string): Promise<Distribution> {
  const program = await ensureProgram()
  const folder = await mkdtemp(join(below, 'distribution-'))
  const port = await freePort()
  const name = `localhost:${port}`
  const passwords = join(folder, 'htpasswd')
  if (users !== undefined) await writeFile(passwords, users)
  const config = {
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: { addr: `127.0.0.1:${port}` },
    ...(users === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: passwords } } }),
  }
  // JSON is YAML.
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
  const child = spawn(program, ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const base = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${base}/v2/`).then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended:\n${said}`)
    await new Promise((done) => setTimeout(done, 50))
  }
  return {
    name,
    push: (repository, tag, image) => push(base, repository, tag, image),
    async remove() {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As the push of any client: blobs first, then manifests, those that others name before the rest. */
async function push(base: string, repository: string, tag: string, image: PushedImage): Promise<void> {
  const manifests = new Set(Object.values(image.manifests))
  for (const [digest, bytes] of image.blobs) {
    if (manifests.has(digest) || digest === image.root.digest) continue
    const begun = await expectStatus(fetch(`${base}/v2/${repository}/blobs/uploads/`, { method: 'POST' }), 202)
    const place = new URL(begun.headers.get('location') ?? '', base)
    place.searchParams.set('digest', digest)
    await expectStatus(fetch(place, { method: 'PUT', body: bytes as BodyInit }), 201)
  }
  const put = (name: string, digest: string, mediaType: string) => {
    const body = image.blobs.get(digest) as BodyInit
    const url = `${base}/v2/${repository}/manifests/${name}`
    return expectStatus(fetch(url, { method: 'PUT', body, headers: { 'content-type': mediaType } }), 201)
  }
  // A document need not say what it is.
  for (const digest of manifests) await put(digest, digest, 'application/vnd.oci.image.manifest.v1+json')
  await put(tag, image.root.digest, image.root.mediaType)
}

async function expectStatus(asking: Promise<Response>, status: number): Promise<Response> {
  const answer = await asking
  if (answer.status !== status) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`)
  await answer.arrayBuffer()
  return answer
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
