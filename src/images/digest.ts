import { createHash } from 'node:crypto'

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}

/** A digest of bytes that come in pieces. */
export function rollingDigest(): { add(piece: Uint8Array): void; end(): string } {
  const hash = createHash('sha256')
  return { add: (piece) => void hash.update(piece), end: () => `sha256:${hash.digest('hex')}` }
}

/**
 * The chain ids of an image's layers (OCI image-spec, config.md): under these a snapshotter keeps what it has unpacked, each
 * standing for a layer on top of all below it.
 */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  const chain: string[] = []
  for (const diffId of diffIds) {
    const below = chain.at(-1)
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`))
  }
  return chain
}
