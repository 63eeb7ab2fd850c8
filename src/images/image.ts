/** `images` reads images wherever they come from. This file is what an image is for the rest of kina: one platform of it, whole. */

/** A manifest or configuration, small and in memory. */
export interface ImageDocument {
  readonly mediaType: string
  readonly digest: string
  readonly bytes: Uint8Array
}

export interface ImageLayer {
  readonly mediaType: string
  /** Of the bytes as they are read. */
  readonly digest: string
  readonly size: number
  /** Of the bytes unpacked. */
  readonly diffId: string
  /** The bytes, in pieces; who reads them checks the digest. */
  read(): AsyncIterable<Uint8Array>
}

export interface Image {
  /** Full references. */
  readonly names: readonly string[]
  readonly manifest: ImageDocument
  readonly config: ImageDocument
  /** The lowest first. */
  readonly layers: readonly ImageLayer[]
}

/** Images that can be read until they are disposed of. */
export interface OpenImages extends AsyncDisposable {
  readonly images: readonly Image[]
}
