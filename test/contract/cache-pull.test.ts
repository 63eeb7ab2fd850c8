import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf, makeCacheLab, ofKind, type CacheLab, type CacheOutcome } from '../support/cache-fixture.ts'
import { makeImage } from '../support/made-image.ts'

const amd64 = ['--platform', 'linux/amd64']

let its: CacheLab
beforeEach(async () => {
  its = await makeCacheLab()
})
afterEach(() => its.remove())

/** An image of one platform with these layers, at the registry as team/app:v1. */
function offer(layers: readonly number[] = [300_000, 200_000, 1000], repository = 'team/app') {
  const image = makeImage({ platforms: ['linux/amd64'], layers })
  its.registry.add(repository, 'v1', image)
  return { image, reference: `${its.registry.name}/${repository}:v1` }
}

const pull = (reference: string, env: Readonly<Record<string, string>> = {}): Promise<CacheOutcome> =>
  its.cache(['pull', reference, ...amd64, '-o', 'json'], env)

/** With what the command said when it did not. */
function expectDone(outcome: CacheOutcome): void {
  expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
}

const blobPath = (digest = ''): string => join(its.folder, 'blobs/sha256', digest.slice('sha256:'.length))

const asksFor = (digest = '') => its.registry.asked.filter(({ path }) => path.endsWith(digest))

describe('kina cache pull', () => {
  it('fetches one platform, each blob by its digest, and leaves an OCI image layout', async () => {
    const image = makeImage()
    its.registry.add('team/app', 'v1', image)
    const reference = `${its.registry.name}/team/app:v1`
    const pulled = await pull(reference)
    expectDone(pulled)
    const manifest = image.manifests['linux/amd64'] ?? ''
    const [first] = pulled.json<{ digest: string; bytes: number; fetchedBytes: number }[]>()
    expect(first?.digest).toBe(manifest)
    // Three layers of two platforms: those of arm64 were not asked for.
    expect(await its.blobs()).toEqual(
      [...image.blobs.keys()]
        .filter(
          (digest) => its.registry.asked.some(({ path }) => path.endsWith(digest)) || digest === image.root.digest,
        )
        .toSorted(),
    )
    expect((await its.blobs()).length).toBe(6)
    expect(await its.damagedBlobs()).toEqual([])
    expect(JSON.parse(await readFile(join(its.folder, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' })
    const index = JSON.parse(await readFile(join(its.folder, 'index.json'), 'utf8')) as { manifests: object[] }
    expect(index.manifests).toEqual([
      expect.objectContaining({
        digest: manifest,
        annotations: expect.objectContaining({ 'org.opencontainers.image.ref.name': reference }),
      }),
    ])
    const progress = ofKind(pulled.events, 'progress').at(-1)
    expect(progress?.done).toBe(progress?.total)
    expect(first?.fetchedBytes).toBe(progress?.total)
  })

  it('fetches nothing twice, and asks nobody for a digest that is there', async () => {
    const { image, reference } = offer()
    expectDone(await pull(reference))
    const before = its.registry.asked.length
    const again = await pull(reference)
    expectDone(again)
    expect(again.json<{ fetchedBytes: number }[]>()[0]?.fetchedBytes).toBe(0)
    expect(its.registry.asked.slice(before).some(({ path }) => path.includes('/blobs/'))).toBe(false)
    const pinned = `${reference}@${image.root.digest}`
    expectDone(await pull(pinned))
    await its.registry.close()
    expectDone(await pull(pinned))
    expect((await its.cache(['list', '-o', 'name'])).stdout.split('\n').toSorted()).toEqual(['', reference, pinned])
  })

  it('fetches layers side by side', async () => {
    const { image, reference } = offer([50_000, 50_001, 50_002])
    let release = (): void => undefined
    const together = new Promise<void>((done) => {
      release = done
    })
    const waiting = new Set<string>()
    // Each layer waits until another one has been asked for as well.
    its.registry.misbehave = ({ path }) => {
      if (!image.layers.some((digest) => path.endsWith(digest))) return undefined
      if (waiting.add(path).size === 2) release()
      return { before: together }
    }
    expectDone(await pull(reference))
  })

  it('goes on where a connection was cut, and tells it', async () => {
    const { image, reference } = offer([400_000])
    its.registry.misbehave = ({ path, times }) =>
      path.endsWith(image.layers[0] ?? '') && times <= 2 ? { cutAfter: 150_000 } : undefined
    const pulled = await pull(reference)
    expectDone(pulled)
    const [first, ...others] = asksFor(image.layers[0]).map(({ range }) => range)
    expect(first).toBe(undefined)
    expect(others.length).toBe(2)
    for (const range of others) expect(range).toMatch(/^bytes=[1-9]\d*-$/)
    expect(ofKind(pulled.events, 'retry').length).toBe(2)
    expect(await its.damagedBlobs()).toEqual([])
  })

  it('goes on where a killed one was', async () => {
    const { image, reference } = offer([5_000_000])
    const [layer = ''] = image.layers
    its.registry.misbehave = ({ path }) => (path.endsWith(layer) ? { slowMs: 20 } : undefined)
    const partial = join(its.folder, 'ingest', layer.slice('sha256:'.length))
    const size = async (): Promise<number> => (await stat(partial).catch(() => ({ size: 0 }))).size
    const killed = its.lab.start(['cache', 'pull', reference, ...amd64], {
      env: { KINA_CACHE_DIR: join(its.folder, '..') },
    })
    while ((await size()) === 0) await new Promise((done) => setTimeout(done, 5))
    killed.child.kill('SIGKILL')
    expect((await killed.ended).exitCode).toBe(137)
    const left = await size()
    its.registry.misbehave = () => undefined
    const pulled = await pull(reference)
    expectDone(pulled)
    expect(asksFor(layer).at(-1)?.range).toBe(`bytes=${left}-`)
    expect(pulled.json<{ fetchedBytes: number }[]>()[0]?.fetchedBytes).toBeLessThan(5_000_000)
    expect(await its.damagedBlobs()).toEqual([])
  })

  it('begins again where the registry cannot go on in the middle', async () => {
    const { image, reference } = offer([200_000])
    its.registry.misbehave = ({ path, times }) =>
      path.endsWith(image.layers[0] ?? '') ? (times === 1 ? { cutAfter: 90_000 } : { ignoresRange: true }) : undefined
    expectDone(await pull(reference))
    expect(await its.damagedBlobs()).toEqual([])
  })

  it('gives up on a registry that never gets further', async () => {
    const { image, reference } = offer([200_000])
    its.registry.misbehave = ({ path }) =>
      path.endsWith(image.layers[0] ?? '') ? { cutAfter: 90_000, ignoresRange: true } : undefined
    const failed = await pull(reference, { KINA_TIMEOUT_SCALE: '0.1' })
    expect(errorOf(failed).code).toBe('image-unavailable')
    expect(errorOf(failed).text).toContain('what has come so far is kept')
    expect(asksFor(image.layers[0]).length).toBeLessThan(20)
  })

  it('throws away remains that are no part of the blob', async () => {
    const { image, reference } = offer([200_000])
    expectDone(await pull(reference))
    const [layer = ''] = image.layers
    const partial = join(its.folder, 'ingest', layer.slice('sha256:'.length))
    await its.cache(['prune', '--all'])
    await writeFile(partial, 'x'.repeat(50_000))
    expectDone(await pull(reference))
    expect(asksFor(layer).map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', undefined])
    await its.cache(['prune', '--all'])
    await writeFile(partial, 'x'.repeat(200_001))
    expectDone(await pull(reference))
    expect(await its.damagedBlobs()).toEqual([])
  })

  it('fetches again what is damaged, and only that', async () => {
    const { image, reference } = offer()
    const [first, second] = image.layers
    expectDone(await pull(reference))
    await truncate(blobPath(first), 1000)
    await writeFile(blobPath(second), 'x'.repeat(200_000))
    const before = its.registry.asked.length
    const verified = await its.cache(['verify', '-o', 'json'])
    expect(verified.exitCode).toBe(1)
    expect(verified.json<{ damaged: string[] }>().damaged.toSorted()).toEqual([first, second].toSorted())
    expect(verified.json<{ incomplete: { name: string }[] }>().incomplete.map(({ name }) => name)).toEqual([reference])
    expect(
      ofKind(verified.events, 'warning')
        .map(({ message }) => message)
        .join(),
    ).toContain(first)
    expectDone(await pull(reference))
    const fetched = its.registry.asked.slice(before).filter(({ path }) => path.includes('/blobs/'))
    expect(fetched.map(({ path }) => path.split('/').at(-1)).toSorted()).toEqual([first, second].toSorted())
    expect((await its.cache(['verify'])).exitCode).toBe(0)
  })

  it('sees by itself that a blob is too short', async () => {
    const { image, reference } = offer()
    expectDone(await pull(reference))
    await truncate(blobPath(image.layers[0]), 1000)
    const list = await its.cache(['list', '-o', 'json'])
    expect(list.json<{ isComplete: boolean }[]>()[0]?.isComplete).toBe(false)
    const pulled = await pull(reference)
    expectDone(pulled)
    expect(ofKind(pulled.events, 'warning')[0]?.message).toMatch(/damaged file .* is dropped: .*1000 bytes of 300000/)
    expect(await its.damagedBlobs()).toEqual([])
  })
})

describe('what passes is tried again', () => {
  it('a busy registry, when it wants it', async () => {
    const { image, reference } = offer()
    its.registry.misbehave = ({ path, times }) =>
      path.endsWith(image.layers[1] ?? '') && times === 1 ? { status: 429, headers: { 'retry-after': '1' } } : undefined
    const pulled = await pull(reference)
    expectDone(pulled)
    const [retry] = ofKind(pulled.events, 'retry')
    expect(retry?.afterMs).toBe(1000)
    expect(retry?.reason).toContain('answered 429')
  })

  it('a registry that fails, also at the manifest', async () => {
    const { reference } = offer()
    its.registry.misbehave = ({ path, times }) =>
      path.endsWith('/manifests/v1') && times <= 2 ? { status: 502, body: '<html>bad gateway</html>' } : undefined
    const pulled = await pull(reference)
    expectDone(pulled)
    expect(ofKind(pulled.events, 'retry').map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  it('one that falls silent', async () => {
    const { image, reference } = offer([200_000])
    its.registry.misbehave = ({ path, times }) =>
      path.endsWith(image.layers[0] ?? '') && times === 1 ? { stallAfter: 70_000 } : undefined
    const pulled = await pull(reference, { KINA_TIMEOUT_SCALE: '0.05' })
    expectDone(pulled)
    expect(ofKind(pulled.events, 'retry')[0]?.reason).toContain('nothing was heard for 3 s')
    expect(asksFor(image.layers[0]).at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/)
  })

  it('but not for longer than a user would wait', async () => {
    const { reference } = offer()
    its.registry.misbehave = () => ({ status: 503, headers: { 'retry-after': '3600' } })
    const failed = await pull(reference)
    expect(failed.exitCode).toBe(1)
    expect(errorOf(failed).text).toContain('it asks to wait for 3600 s')
    expect(its.registry.asked.length).toBe(1)
  })

  it('and in the end it says so', async () => {
    const { reference } = offer()
    await its.registry.close()
    const failed = await pull(reference, { KINA_TIMEOUT_SCALE: '0.05' })
    expect(errorOf(failed).code).toBe('image-unavailable')
    expect(errorOf(failed).text).toContain('ECONNREFUSED')
    expect(ofKind(failed.events, 'retry').length).toBe(5)
  })
})

describe('what is a verdict is not tried again', () => {
  for (const [status, hint] of [
    [401, 'docker login'],
    [403, 'docker login'],
    [404, 'no such image'],
    [400, 'does not answer as OCI registries do'],
  ] as const) {
    it(`status ${status}`, async () => {
      const { reference } = offer()
      const body = JSON.stringify({ errors: [{ code: 'ODD', message: 'it is the full moon' }] })
      its.registry.misbehave = () => ({ status, body })
      const failed = await pull(reference)
      expect(failed.exitCode).toBe(1)
      expect(errorOf(failed).code).toBe('image-unavailable')
      expect(errorOf(failed).text).toContain(`answered ${status}: it is the full moon`)
      expect(errorOf(failed).text).toContain(hint)
      expect(its.registry.asked.length).toBe(1)
      expect(ofKind(failed.events, 'retry')).toEqual([])
    })
  }

  it('bytes that are not those of the digest, of which nothing is kept', async () => {
    const { image, reference } = offer([200_000])
    const [layer = ''] = image.layers
    its.registry.misbehave = ({ path }) => (path.endsWith(layer) ? { body: 'x'.repeat(200_000) } : undefined)
    const failed = await pull(reference)
    expect(failed.exitCode).toBe(1)
    expect(errorOf(failed).text).toContain('the registry sent other bytes than it promised')
    expect(asksFor(layer).length).toBe(1)
    expect(await its.blobs()).not.toContain(layer)
    its.registry.misbehave = () => undefined
    expectDone(await pull(reference))
    // From the first byte: what was wrong is gone.
    expect(asksFor(layer).at(-1)?.range).toBe(undefined)
  })

  it('more bytes than there can be', async () => {
    const { image, reference } = offer([200_000])
    its.registry.misbehave = ({ path }) =>
      path.endsWith(image.layers[0] ?? '') ? { body: 'x'.repeat(2_000_000) } : undefined
    const failed = await pull(reference)
    expect(errorOf(failed).text).toContain('has more than 200000 bytes')
  })

  it('a manifest that is another one', async () => {
    const { image, reference } = offer()
    its.registry.misbehave = ({ path }) => (path.includes('/manifests/') ? { body: '{"schemaVersion":2}' } : undefined)
    const failed = await pull(reference)
    expect(errorOf(failed).text).toContain('the registry sent something else than it was asked for')
    const pinned = await pull(`${reference}@${image.root.digest}`)
    expect(errorOf(pinned).text).toContain(`for ${image.root.digest}`)
    expect(await its.blobs()).toEqual([])
  })

  it('an image that is not for the platform', async () => {
    const { reference } = offer()
    const failed = await its.cache(['pull', reference, '--platform', 'linux/arm64'])
    expect(errorOf(failed).text).toContain('it has nothing for the platform linux/arm64\nplatforms: linux/amd64')
    its.registry.add('team/bare', 'v1', makeImage({ platforms: ['linux/amd64'], isBare: true }))
    const bare = await its.cache(['pull', `${its.registry.name}/team/bare:v1`, '--platform', 'linux/arm64'])
    expect(errorOf(bare).text).toContain('on linux/arm64: it is built for linux/amd64')
    expectDone(await pull(`${its.registry.name}/team/bare:v1`))
  })

  it('what is no image', async () => {
    its.registry.misbehave = ({ path }) =>
      path.endsWith('/manifests/v1') ? { body: '{"config": 1}', headers: { 'docker-content-digest': '' } } : undefined
    const failed = await pull(`${its.registry.name}/team/app:v1`)
    expect(errorOf(failed).text).toContain('Cannot read the manifest v1')
  })
})
