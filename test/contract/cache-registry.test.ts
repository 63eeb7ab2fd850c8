import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, makeCacheLab, type CacheLab } from '../support/cache-fixture.ts'
import { startDistribution, type Distribution } from '../support/distribution-registry.ts'
import { makeImage } from '../support/made-image.ts'

/** `me:hunter2-and-more`, bcrypt, as `htpasswd -nbB` writes it. */
const users = 'me:$2y$05$abcdefghijklmnopqrstuuBe0BhjfyKSH5tdk.7.wqOmcUQdxloDK\n'

describe('kina cache pull and the registry of docker', () => {
  let its: CacheLab
  let open: Distribution
  let closed: Distribution
  beforeAll(async () => {
    its = await makeCacheLab()
    open = await startDistribution(its.lab.root)
    closed = await startDistribution(its.lab.root, users)
  })
  afterAll(async () => {
    await open.remove()
    await closed.remove()
    await its.remove()
  })

  it('get along: an index, its platforms, by tag and by digest', async () => {
    const image = makeImage({ layers: [3_000_000, 200_000, 0] })
    await open.push('team/app', 'v1', image)
    for (const reference of [`${open.name}/team/app:v1`, `${open.name}/team/app:v1@${image.root.digest}`]) {
      for (const [platform, digest] of Object.entries(image.manifests)) {
        const pulled = await its.cache(['pull', reference, '--platform', platform, '-o', 'json'])
        expect(`${pulled.exitCode} ${pulled.exitCode === 0 ? '' : pulled.stderr}`).toBe('0 ')
        expect(pulled.json<{ digest: string }[]>().map((one) => one.digest)).toEqual([digest])
      }
    }
    expect(await its.damagedBlobs()).toEqual([])
    expect(await its.blobs()).toEqual([...image.blobs.keys()].toSorted())
    expect((await its.cache(['verify'])).exitCode).toBe(0)
  })

  it('go on in the middle of a layer', async () => {
    const image = makeImage({ platforms: ['linux/amd64'], layers: [2_000_000], seed: 2 })
    const [layer = ''] = image.layers
    await open.push('team/large', 'v1', image)
    await writeFile(
      join(its.folder, 'ingest', layer.slice('sha256:'.length)),
      image.blobs.get(layer)?.subarray(0, 1_500_000) ?? '',
    )
    const pulled = await its.cache(['pull', `${open.name}/team/large:v1`, '--platform', 'linux/amd64', '-o', 'json'])
    expect(`${pulled.exitCode} ${pulled.exitCode === 0 ? '' : pulled.stderr}`).toBe('0 ')
    expect(pulled.json<{ fetchedBytes: number }[]>()[0]?.fetchedBytes).toBeLessThan(600_000)
    expect(await its.damagedBlobs()).toEqual([])
  })

  it('say what is not there', async () => {
    const failed = await its.cache(['pull', `${open.name}/team/none:v1`])
    expect(failed.exitCode).toBe(1)
    expect(errorOf(failed).text).toMatch(/answered 404: manifest unknown/)
  })

  it('agree on a password', async () => {
    const reference = `${closed.name}/team/app:v1`
    const without = await its.cache(['pull', reference])
    expect(errorOf(without).text).toContain('answered 401: authentication required')
    expect(errorOf(without).text).toContain('docker login')
    const docker = join(its.lab.home, '.docker')
    await mkdir(docker, { recursive: true })
    const auths = { [closed.name]: { auth: btoa('me:hunter2-and-more') } }
    await writeFile(join(docker, 'config.json'), JSON.stringify({ auths }))
    // Nothing was pushed, and that is what it says to who may know.
    expect(errorOf(await its.cache(['pull', reference])).text).toContain('answered 404: manifest unknown')
  })
})
