import { KinaError } from '../../errors.ts'
import { rollingDigest } from '../../images/digest.ts'
import type { Image, ImageLayer } from '../../images/image.ts'
import { archiveEnd, padding } from '../../images/archive/write-tar.ts'
import { filesAfter, filesBefore, inTar, layerHead } from './archive-of.ts'
import type { NodeStream } from './node-stream.ts'

/** What one node is sent. */
export interface Delivery {
  readonly stream: NodeStream
  readonly images: readonly Image[]
  readonly missing: ReadonlySet<string>
}

export interface SendOptions {
  readonly platform: string
  readonly signal: AbortSignal
  /** Called with the bytes of each piece of a layer, once however many nodes it goes to. */
  readonly onBytes: (bytes: number) => void
}

/** Layers that some node lacks, each once. */
export function layersToSend(deliveries: readonly Pick<Delivery, 'images' | 'missing'>[]): readonly ImageLayer[] {
  const layers = new Map<string, ImageLayer>()
  for (const { images, missing } of deliveries)
    for (const { layers: its } of images)
      for (const layer of its) if (missing.has(layer.digest)) layers.set(layer.digest, layer)
  return [...layers.values()]
}

/**
 * Feeds nodes side by side from one read: each layer is read once, and each piece goes to all that lack it before the next is read.
 * @throws KinaError `image-invalid` when a layer is not what its digest says; `node-command-failed` when nodes could not take it.
 */
export async function send(deliveries: readonly Delivery[], { platform, signal, onBytes }: SendOptions): Promise<void> {
  const onAbort = (): void => void Promise.all(deliveries.map(({ stream }) => stream.abort()))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const toAll = async (of: (delivery: Delivery) => Uint8Array): Promise<void> => {
      await Promise.all(deliveries.map((delivery) => delivery.stream.write(of(delivery))))
    }
    await toAll(({ images }) => joined(filesBefore(images).map(inTar)))
    for (const layer of layersToSend(deliveries)) {
      const takers = deliveries.filter(({ missing }) => missing.has(layer.digest))
      const toTakers = async (piece: Uint8Array): Promise<void> => {
        signal.throwIfAborted()
        await Promise.all(takers.map(({ stream }) => stream.write(piece)))
      }
      await toTakers(layerHead(layer))
      const digest = rollingDigest()
      for await (const piece of layer.read()) {
        digest.add(piece)
        await toTakers(piece)
        onBytes(piece.length)
      }
      if (digest.end() !== layer.digest) throw lying(layer)
      await toTakers(padding(layer.size))
    }
    await toAll(({ images }) => joined([...filesAfter(images, platform).map(inTar), archiveEnd]))
    const failures = (await Promise.all(deliveries.map(({ stream }) => stream.finish()))).filter(
      (its) => its !== undefined,
    )
    signal.throwIfAborted()
    const [first, ...others] = failures
    if (first === undefined) return
    if (others.length === 0) throw first
    throw new KinaError('node-command-failed', `Cannot load images into ${failures.length} nodes`, {
      seen: failures.flatMap(({ message, seen }) => [message, ...seen]),
      ...(first.hint === undefined ? {} : { hint: first.hint }),
    })
  } catch (error) {
    await Promise.all(deliveries.map(({ stream }) => stream.abort()))
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function lying({ digest }: ImageLayer): KinaError {
  return new KinaError('image-invalid', `Cannot load the layer ${digest}: its bytes have another digest`, {
    hint: 'The archive is damaged, or was changed: save the image again',
  })
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
