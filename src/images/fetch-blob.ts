import { KinaError } from '../errors.ts'
import type { WebAnswer } from '../host/host.ts'
import type { Descriptor } from './descriptor.ts'
import type { Endpoint } from './registry/endpoints.ts'
import { sorted } from './registry/refusal.ts'
import type { Registry } from './registry/registry.ts'
import { Passing } from './registry/retry.ts'
import { beginIngest, type Ingest } from './store/ingest.ts'
import type { Store } from './store/store.ts'

/**
 * A blob is in the cache, fetched as far as it is not there yet: a former run's bytes are gone on with.
 * @param onBytes called with how many bytes of it there are, also when the number falls because it had to begin again.
 * @throws KinaError `image-unavailable`, also for bytes that are not those of the digest.
 */
export async function fetchBlob(
  store: Store,
  registry: Registry,
  wanted: Descriptor,
  onBytes: (bytes: number) => void,
): Promise<void> {
  await using ingest = await beginIngest(store, wanted)
  if (ingest === undefined) {
    onBytes(wanted.size)
    return
  }
  // Of a former run, or of another place than the rest: any part may be the wrong one.
  let isMixed = ingest.at > 0
  let from: Endpoint | undefined
  const seen = { most: ingest.at }
  await registry.onEndpoints(`fetch ${wanted.digest}`, async (endpoint) => {
    if (from !== undefined && from !== endpoint && ingest.at > 0) isMixed = true
    from = endpoint
    onBytes(ingest.at)
    await fill(ingest, { registry, endpoint, wanted, seen, onBytes })
    if (await ingest.commit()) return
    onBytes(0)
    const message = `${endpoint.base}: the bytes of ${wanted.digest} are others`
    if (!isMixed) throw wrongBytes(registry, [message])
    isMixed = false
    throw new Passing(message)
  })
}

interface Filling {
  readonly registry: Registry
  readonly endpoint: Endpoint
  readonly wanted: Descriptor
  /** The most bytes there ever were: only more than that is progress, or a registry that never gets further would be asked for ever. */
  readonly seen: { most: number }
  readonly onBytes: (bytes: number) => void
}

async function fill(ingest: Ingest, { registry, endpoint, wanted, seen, onBytes }: Filling): Promise<void> {
  const { digest, size } = wanted
  if (ingest.at > size) await ingest.restart()
  if (ingest.at === size) return
  const answer = await registry.openBlob(endpoint, digest, ingest.at)
  if (ingest.at > 0 && !goesOnAt(answer, ingest.at)) await ingest.restart()
  if (ingest.at === 0 && answer.status !== 200) {
    await answer.discard()
    throw new Passing(`${endpoint.base} answered ${answer.status} and not with what follows in ${digest}`)
  }
  const before = seen.most
  try {
    for await (const piece of answer.body) {
      if (ingest.at + piece.length > size)
        throw wrongBytes(registry, [`${endpoint.base}: ${digest} has more than ${size} bytes`])
      await ingest.write(piece)
      seen.most = Math.max(seen.most, ingest.at)
      onBytes(ingest.at)
    }
  } catch (error) {
    throw sorted(`pull "${registry.target.reference}"`, answer.url, error, seen.most > before)
  }
  if (ingest.at === size) return
  throw new Passing(`${endpoint.base}: ${digest} ended after ${ingest.at} of ${size} bytes`, {
    madeProgress: seen.most > before,
  })
}

/** Whether the answer is what follows the bytes that are there, as its header says. */
function goesOnAt(answer: WebAnswer, from: number): boolean {
  return answer.status === 206 && (answer.header('content-range') ?? '').startsWith(`bytes ${from}-`)
}

function wrongBytes({ target }: Registry, seen: readonly string[]): KinaError {
  return new KinaError(
    'image-unavailable',
    `Cannot pull "${target.reference}": the registry sent other bytes than it promised`,
    {
      seen,
      hint: 'Something between here and the registry changes its answers, or the registry is damaged: nothing of it is kept',
    },
  )
}
