import { readdir, readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Event, EventKind } from '../../src/plan/events.ts'
import { eventsOf, makeLab, type Lab, type LabOptions, type Outcome } from './cluster-fixture.ts'
import { startRegistry, type RegistryServer } from './registry-server.ts'

/** A machine with an empty image cache and a registry beside it. */
export interface CacheLab {
  readonly lab: Lab
  readonly registry: RegistryServer
  /** The folder of the image cache. */
  readonly folder: string
  /** `cache …` with events as JSON lines. */
  cache(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<CacheOutcome>
  /** Digests of the complete blobs. */
  blobs(): Promise<readonly string[]>
  /** Blobs whose bytes are not those of their name, read by the test itself. */
  damagedBlobs(): Promise<readonly string[]>
  remove(): Promise<void>
}

export interface CacheOutcome extends Outcome {
  readonly events: readonly Event[]
  /** stdout as JSON. */
  json<T>(): T
}

export async function makeCacheLab(options: LabOptions = {}): Promise<CacheLab> {
  const lab = await makeLab({ images: [], ...options })
  const registry = await startRegistry()
  const base = options.env?.['KINA_CACHE_DIR'] ?? join(lab.home, 'cache')
  const folder = join(base, 'images')
  return {
    lab,
    registry,
    folder,
    blobs: () => blobsIn(folder),
    async cache(words, env = {}) {
      const outcome = await lab.kina(['cache', ...words, '--log-format', 'json'], {
        env: { KINA_CACHE_DIR: base, ...env },
      })
      return { ...outcome, events: eventsOf(outcome), json: <T>() => JSON.parse(outcome.stdout) as T }
    },
    damagedBlobs: () => damagedBlobsIn(folder),
    async remove() {
      await registry.close()
      await lab.remove()
    },
  }
}

async function blobsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, 'blobs/sha256')).catch(() => [] as string[])
  return names.map((name) => `sha256:${name}`).toSorted()
}

/** Blobs of an image cache whose bytes are not those of their name. */
export async function damagedBlobsIn(folder: string): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const digest of await blobsIn(folder)) {
    const bytes = await readFile(join(folder, 'blobs/sha256', digest.slice('sha256:'.length)))
    if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest) wrong.push(digest)
  }
  return wrong
}

/** The events of one kind. */
export function ofKind<Kind extends EventKind>(
  events: readonly Event[],
  kind: Kind,
): readonly Extract<Event, { readonly kind: Kind }>[] {
  return events.filter((event): event is Extract<Event, { readonly kind: Kind }> => event.kind === kind)
}

/** The code of the error that a command ended with, and what it said. */
export function errorOf({ events, stderr }: CacheOutcome): { readonly code: string; readonly text: string } {
  const [error] = ofKind(events, 'error')
  return {
    code: error?.code ?? 'none',
    text: [error?.message, ...(error?.seen ?? []), error?.hint].join('\n') || stderr,
  }
}
