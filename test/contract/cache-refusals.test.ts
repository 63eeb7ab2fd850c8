import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf, makeCacheLab, ofKind, type CacheLab, type CacheOutcome } from '../support/cache-fixture.ts'
import { makeImage } from '../support/made-image.ts'
import { startRegistry, type RegistryServer } from '../support/registry-server.ts'
import { selfSigned } from '../support/self-signed.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

const amd64 = ['--platform', 'linux/amd64']

let its: CacheLab
beforeEach(async () => {
  its = await makeCacheLab()
})
afterEach(() => its.remove())

function offer(layers: readonly number[] = [3000, 2000], seed = 1) {
  const image = makeImage({ platforms: ['linux/amd64'], layers, seed })
  its.registry.add(`team/app${seed}`, 'v1', image)
  return { image, reference: `${its.registry.name}/team/app${seed}:v1` }
}

const pull = (reference: string, env: Readonly<Record<string, string>> = {}): Promise<CacheOutcome> =>
  its.cache(['pull', reference, ...amd64, '-o', 'json'], env)

function expectDone(outcome: CacheOutcome): void {
  expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
}

describe('words that are wrong', () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['pull', 'UPPER/case', 'fine:1', 'no spaces'], 'Cannot read as image references: "UPPER/case", "no spaces"'],
    [['pull', 'fine:1', '--platform', 'arm64'], 'Cannot use "arm64" as a platform'],
    [['pull', 'fine:1', '--max-size', 'much'], 'Cannot use "much" as the largest size of the cache (--max-size)'],
    [['prune', '--all', '--max-size', '1g'], 'Cannot prune to a size and everything at once'],
    [['pull'], 'needs IMAGE'],
  ]
  for (const [words, text] of cases) {
    it(`cache ${words.join(' ')}`, async () => {
      const refused = await its.cache(words)
      expect(refused.exitCode).toBe(2)
      expect(errorOf(refused).text).toContain(text)
    })
  }

  it('in the environment', async () => {
    const bound = await its.cache(['prune'], { KINA_CACHE_MAX_SIZE: '20 gulps' })
    expect(errorOf(bound).text).toContain('"20 gulps" as the largest size of the cache (KINA_CACHE_MAX_SIZE)')
    for (const mirrors of ['mirror.example', 'docker.io=ftp://x', 'docker.io=https://me:secret@x']) {
      const refused = await its.cache(['pull', 'fine:1'], { KINA_REGISTRY_MIRRORS: mirrors })
      expect(refused.exitCode).toBe(2)
      expect(errorOf(refused).text).toContain('KINA_REGISTRY_MIRRORS')
    }
  })
})

describe('folders that cannot be the cache', () => {
  it('one with files of somebody else, of which nothing is touched', async () => {
    await mkdir(its.folder, { recursive: true })
    await writeFile(join(its.folder, 'photo.jpg'), 'mine')
    const { reference } = offer()
    for (const words of [['pull', reference, ...amd64], ['list'], ['verify'], ['prune', '--all']]) {
      const refused = await its.cache(words)
      expect(refused.exitCode).toBe(3)
      expect(errorOf(refused).code).toBe('cache-unusable')
      expect(errorOf(refused).text).toContain('it holds other files: photo.jpg')
    }
    expect(await readdir(its.folder)).toEqual(['photo.jpg'])
    expect(its.registry.asked).toEqual([])
  })

  it('a layout of another version, and an index that is none', async () => {
    await mkdir(its.folder, { recursive: true })
    await writeFile(join(its.folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}')
    expect(errorOf(await its.cache(['list'])).text).toContain('not an OCI image layout of version 1.0.0')
    await writeFile(join(its.folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    await writeFile(join(its.folder, 'index.json'), '{"manifests":')
    const { reference } = offer()
    const refused = await pull(reference)
    expect(refused.exitCode).toBe(3)
    expect(errorOf(refused).text).toContain('not an OCI image index\nMove this file away')
    expect(await readFile(join(its.folder, 'index.json'), 'utf8')).toBe('{"manifests":')
  })

  it('hidden files, such as those of the Finder, are no hindrance', async () => {
    await mkdir(its.folder, { recursive: true })
    await writeFile(join(its.folder, '.DS_Store'), '')
    expectDone(await pull(offer().reference))
    expect(await readdir(its.folder)).toContain('.DS_Store')
  })

  it('a file in its place', async () => {
    await mkdir(join(its.folder, '..'), { recursive: true })
    await writeFile(its.folder, '')
    const refused = await pull(offer().reference)
    expect(errorOf(refused).code).toBe('cache-unusable')
    expect(errorOf(refused).text).toContain('KINA_CACHE_DIR')
  })

  it('one that is read-only: it can be read, and not changed', async () => {
    const disk = await mountSmallDisk(join(its.lab.root, 'disk'), 4_000_000)
    try {
      const env = { KINA_CACHE_DIR: disk.path }
      const { reference } = offer()
      expectDone(await pull(reference, env))
      await disk.makeReadOnly()
      expect((await its.cache(['list', '-o', 'name'], env)).stdout).toBe(`${reference}\n`)
      expectDone(await its.cache(['verify'], env))
      const refused = await pull(offer([3000], 2).reference, env)
      expect(refused.exitCode).toBe(3)
      expect(errorOf(refused).code).toBe('cache-unusable')
      expect(errorOf(refused).text).toContain('EROFS')
    } finally {
      await disk.remove()
    }
  })
})

describe('a disk that is full', () => {
  it('ends a pull with what to do, loses nothing, and can be pruned', async () => {
    const disk = await mountSmallDisk(join(its.lab.root, 'disk'), 3_000_000)
    try {
      const env = { KINA_CACHE_DIR: disk.path }
      const small = offer([500_000], 1)
      expectDone(await pull(small.reference, env))
      const large = offer([4_000_000], 2)
      const failed = await pull(large.reference, env)
      expect(failed.exitCode).toBe(1)
      expect(errorOf(failed).code).toBe('disk-full')
      expect(errorOf(failed).text).toContain('kina cache prune')
      expect(ofKind(failed.events, 'retry')).toEqual([])
      // What cannot become complete does not fill the disk.
      expect(await readdir(join(disk.path, 'images/ingest'))).toEqual([])
      expectDone(await its.cache(['verify'], env))
      expect((await its.cache(['list', '-o', 'name'], env)).stdout).toBe(`${small.reference}\n`)
      // Now somebody else fills it to the last byte.
      await writeFile(join(disk.path, 'filler'), new Uint8Array(3_000_000)).catch(() => undefined)
      const pruned = await its.cache(['prune', '--all', '-o', 'json'], env)
      expectDone(pruned)
      expect(pruned.json<{ removed: { name: string }[] }>().removed.map(({ name }) => name)).toEqual([small.reference])
      expectDone(await pull(offer([100_000], 3).reference, env))
    } finally {
      await disk.remove()
    }
  })
})

describe('credentials', () => {
  const secret = 'hunter2-and-more'

  /** A credential helper of docker's on the PATH, and docker's configuration that names it. */
  async function withHelper(script: string, config?: object): Promise<Readonly<Record<string, string>>> {
    const folder = join(its.lab.home, 'bin')
    const docker = join(its.lab.home, '.docker')
    await mkdir(folder, { recursive: true })
    await mkdir(docker, { recursive: true })
    await writeFile(join(folder, 'docker-credential-test'), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, 'docker-credential-test'), 0o755)
    await writeFile(
      join(docker, 'config.json'),
      JSON.stringify(config ?? { credHelpers: { [its.registry.name]: 'test' } }),
    )
    return { PATH: `${folder}:${process.env['PATH']}` }
  }

  const gives = (user = 'me', word = secret): string =>
    `server=$(cat); [ "$1" = get ] && echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"${user}\\",\\"Secret\\":\\"${word}\\"}"`

  const basic = `Basic ${btoa(`me:${secret}`)}`

  /** The registry wants a token, which the same server gives to who has the password. */
  function wantTokens(): void {
    its.registry.misbehave = ({ path, authorization, query }) => {
      if (path === '/token') {
        const isRight = authorization === basic && query.includes('scope=repository%3Ateam%2Fapp1%3Apull')
        return isRight ? { status: 200, body: '{"token":"t0ken"}' } : { status: 401 }
      }
      if (authorization === 'Bearer t0ken') return undefined
      const challenge = `Bearer realm="${its.registry.origin}/token",service="here",scope="repository:team/app1:pull"`
      return { status: 401, headers: { 'www-authenticate': challenge } }
    }
  }

  /** Nowhere is the secret to be seen. */
  function expectNoSecret(outcome: CacheOutcome): void {
    for (const text of [secret, btoa(`me:${secret}`), 't0ken']) {
      expect(outcome.stderr).not.toContain(text)
      expect(outcome.stdout).not.toContain(text)
    }
  }

  it('of a helper get a token, and are not to be seen anywhere', async () => {
    const { reference } = offer()
    wantTokens()
    const pulled = await pull(reference, await withHelper(gives()))
    expectDone(pulled)
    expectNoSecret(pulled)
    expect(its.registry.asked.filter(({ path }) => path === '/token').length).toBe(1)
    const { lab } = its
    for (const file of await readdir(its.folder, { recursive: true })) {
      const path = join(its.folder, file)
      if ((await stat(path)).isFile()) expect((await readFile(path, 'latin1')).includes(secret)).toBe(false)
    }
    expect((await readFile(join(lab.root, 'calls.jsonl'), 'utf8').catch(() => '')).includes(secret)).toBe(false)
  })

  it('that are refused end the pull', async () => {
    const { reference } = offer()
    wantTokens()
    const failed = await pull(reference, await withHelper(gives('me', 'wrong')))
    expect(failed.exitCode).toBe(1)
    expect(errorOf(failed).text).toContain('/token answered 401')
    expect(ofKind(failed.events, 'retry')).toEqual([])
  })

  it('are asked for again when a token has run out in the middle', async () => {
    const { image, reference } = offer()
    let valid = 0
    its.registry.misbehave = ({ path, authorization }) => {
      if (path === '/token') return { status: 200, body: `{"access_token":"t${++valid}"}` }
      if (path.endsWith(image.layers[0] ?? '') && valid === 1) valid++
      if (authorization === `Bearer t${valid}`) return undefined
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="${its.registry.origin}/token"` } }
    }
    expectDone(await pull(reference))
    expect(its.registry.asked.filter(({ path }) => path === '/token').length).toBeGreaterThan(1)
  })

  it('as an identity token are exchanged for a token', async () => {
    const { reference } = offer()
    its.registry.misbehave = ({ path, authorization, query }) => {
      if (path === '/token') return query === '' ? { status: 200, body: '{"access_token":"t0ken"}' } : { status: 400 }
      if (authorization === 'Bearer t0ken') return undefined
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="${its.registry.origin}/token"` } }
    }
    const pulled = await pull(reference, await withHelper(gives('<token>')))
    expectDone(pulled)
    expectNoSecret(pulled)
  })

  it("in docker's own file are used where a registry wants Basic", async () => {
    const { reference } = offer()
    its.registry.misbehave = ({ authorization }) =>
      authorization === basic ? undefined : { status: 401, headers: { 'www-authenticate': 'Basic realm="here"' } }
    const auths = { [`http://${its.registry.name}/v1/`]: { auth: btoa(`me:${secret}`) } }
    const pulled = await pull(reference, await withHelper('exit 1', { auths }))
    expectDone(pulled)
    expectNoSecret(pulled)
  })

  const odd: readonly (readonly [string, string, object | undefined, string])[] = [
    ['a helper that fails', 'echo boom >&2; exit 3', undefined, 'docker-credential-test ended with exit code 3'],
    ['a helper that babbles', 'echo hello', undefined, 'docker-credential-test gave an answer in another form'],
    ['a helper that is missing', '', { credsStore: 'absent' }, 'There is no program docker-credential-absent'],
    [
      'a helper whose name is none',
      '',
      { credsStore: '../evil' },
      'The name of the credential helper "../evil" is none',
    ],
    ['a configuration of another form', '', { auths: 7 }, 'auths is not as docker writes it'],
  ]
  for (const [title, script, config, warning] of odd) {
    it(`${title} is a warning, and the registry is asked without`, async () => {
      const { reference } = offer()
      its.registry.misbehave = ({ path, authorization }) => {
        if (path === '/token') return { status: 200, body: '{"token":"anonymous"}' }
        if (authorization === 'Bearer anonymous') return undefined
        return { status: 401, headers: { 'www-authenticate': `Bearer realm="${its.registry.origin}/token"` } }
      }
      const pulled = await pull(reference, await withHelper(script, config))
      expectDone(pulled)
      expect(ofKind(pulled.events, 'warning')[0]?.message).toContain(warning)
    })
  }

  it('that are not there are no trouble, and a file that is no JSON is not quoted', async () => {
    const { reference } = offer()
    its.registry.misbehave = () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="here"' } })
    const none = await pull(reference, await withHelper('echo credentials not found in native keychain; exit 1'))
    expect(ofKind(none.events, 'warning')).toEqual([])
    expect(errorOf(none).text).toContain('docker login')
    await writeFile(join(its.lab.home, '.docker/config.json'), `{"auths": ${secret}`)
    const broken = await pull(reference)
    expect(ofKind(broken.events, 'warning')[0]?.message).toContain('config.json: it is not JSON')
    expectNoSecret(broken)
  })

  it('are not sent to where a registry redirects, nor anywhere unencrypted', async () => {
    const { image, reference } = offer()
    const elsewhere = await startRegistry()
    try {
      elsewhere.add('team/app1', 'v1', image)
      its.registry.misbehave = ({ path, authorization }) => {
        if (authorization !== basic) return { status: 401, headers: { 'www-authenticate': 'Basic realm="here"' } }
        if (!path.includes('/blobs/')) return undefined
        return { status: 307, headers: { location: `${elsewhere.origin}${path}?signature=s3cret` } }
      }
      const env = await withHelper(gives())
      const pulled = await pull(reference, env)
      expectDone(pulled)
      expect(elsewhere.asked.length).toBeGreaterThan(0)
      expect(elsewhere.asked.filter(({ authorization }) => authorization !== undefined)).toEqual([])
      expectNoSecret(pulled)
      // A signed address is a secret too.
      await its.cache(['prune', '--all'])
      elsewhere.misbehave = () => ({ status: 403 })
      const failed = await pull(reference, env)
      expect(errorOf(failed).text).toContain(`${elsewhere.origin}/v2/team/app1/blobs/`)
      expect(failed.stderr).not.toContain('s3cret')
      // 192.0.2.1 is nobody's: nothing may even be tried.
      its.registry.misbehave = () => ({
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="http://192.0.2.1/token"' },
      })
      const leak = await pull(reference, env)
      expect(errorOf(leak).text).toContain('http://192.0.2.1/token is not encrypted')
    } finally {
      await elsewhere.close()
    }
  })

  it('redirects to nowhere and in circles end', async () => {
    const { reference } = offer()
    its.registry.misbehave = ({ path }) => ({ status: 302, headers: { location: path } })
    expect(errorOf(await pull(reference)).text).toContain('leads to where kina does not go')
    its.registry.misbehave = () => ({ status: 302, headers: { location: 'file:///etc/passwd' } })
    expect(errorOf(await pull(reference)).text).toContain('leads to file:///etc/passwd')
  })
})

describe('mirrors', () => {
  let mirror: RegistryServer
  beforeEach(async () => {
    mirror = await startRegistry()
  })
  afterEach(() => mirror.close())

  const env = (): Readonly<Record<string, string>> => ({
    KINA_REGISTRY_MIRRORS: `${its.registry.name}=${mirror.origin}/`,
    KINA_TIMEOUT_SCALE: '0.1',
  })

  it('are asked first, and told whose images are meant', async () => {
    const { image, reference } = offer()
    mirror.add('team/app1', 'v1', image)
    expectDone(await pull(reference, env()))
    expect(its.registry.asked).toEqual([])
    expect(mirror.asked[0]?.query).toBe(`?ns=${encodeURIComponent(its.registry.name)}`)
  })

  it('stand before Docker Hub', async () => {
    const { image } = offer()
    mirror.add('library/app1', 'latest', image)
    const pulled = await pull('app1', { KINA_REGISTRY_MIRRORS: `docker.io=${mirror.origin}` })
    expectDone(pulled)
    expect((await its.cache(['list', '-o', 'name'])).stdout).toBe('docker.io/library/app1:latest\n')
  })

  for (const [title, misbehave] of [
    ['that do not have it', undefined],
    ['that fail', () => ({ status: 503 })],
    ['that want credentials', () => ({ status: 401 })],
    [
      'that lie about a layer',
      ({ path }: { path: string }) => (path.includes('/blobs/') ? { body: 'lies' } : undefined),
    ],
  ] as const) {
    it(`${title} are passed over with a warning`, async () => {
      const { image, reference } = offer()
      if (misbehave) {
        mirror.add('team/app1', 'v1', image)
        mirror.misbehave = misbehave
      }
      const pulled = await pull(reference, env())
      expectDone(pulled)
      expect(ofKind(pulled.events, 'warning')[0]?.message).toContain(`The mirror ${mirror.origin} is passed over`)
      expect(await its.damagedBlobs()).toEqual([])
    })
  }

  it('with a certificate that nobody knows are passed over at once, and asked where it is told to be good', async () => {
    const { image, reference } = offer()
    const certificate = await selfSigned(join(its.lab.root, 'tls'))
    const secure = await startRegistry(certificate)
    try {
      secure.add('team/app1', 'v1', image)
      const mirrors = { KINA_REGISTRY_MIRRORS: `${its.registry.name}=${secure.origin}` }
      const pulled = await pull(reference, mirrors)
      expectDone(pulled)
      expect(ofKind(pulled.events, 'warning')[0]?.message).toContain(`The mirror ${secure.origin} is passed over`)
      expect(ofKind(pulled.events, 'retry')).toEqual([])
      expect(secure.asked).toEqual([])
      await its.cache(['prune', '--all'])
      // Read when a process starts.
      const trusting = { ...mirrors, KINA_CACHE_DIR: join(its.folder, '..'), NODE_EXTRA_CA_CERTS: certificate.path }
      const told = await its.lab.start(['cache', 'pull', reference, ...amd64], { env: trusting }).ended
      expect(`${told.exitCode} ${told.exitCode === 0 ? '' : told.stderr}`).toBe('0 ')
      expect(secure.asked.length).toBeGreaterThan(0)
    } finally {
      await secure.close()
    }
  })

  it('that break off in the middle of a layer are gone on for by the registry', async () => {
    const { image, reference } = offer([200_000])
    const [layer = ''] = image.layers
    mirror.add('team/app1', 'v1', image)
    mirror.misbehave = ({ path, times }) =>
      path.endsWith(layer) ? (times === 1 ? { cutAfter: 80_000 } : { status: 500 }) : undefined
    expectDone(await pull(reference, env()))
    expect(its.registry.asked.find(({ path }) => path.endsWith(layer))?.range).toMatch(/^bytes=[1-9]\d*-$/)
    expect(await its.damagedBlobs()).toEqual([])
  })
})
