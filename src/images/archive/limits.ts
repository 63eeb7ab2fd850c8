/** What an archive may be before it is refused. Well beyond what any image has, and small enough to hurt nobody. */
export const limits = {
  /** Files and folders of an archive; the largest images have some hundred layers. */
  entries: 65_536,
  /** Bytes of a name, with the names that extended headers give. */
  nameBytes: 4096,
  /** Bytes of an extended header. */
  headerBytes: 1024 * 1024,
  /** Bytes of index.json, manifests and configurations: registries take no more. */
  documentBytes: 4 * 1024 * 1024,
  /** Images of one archive. */
  images: 1024,
  /** Layers of one image: overlayfs takes fewer. */
  layers: 512,
  /** Indexes within indexes. */
  depth: 4,
  /** Links that lead to links. */
  links: 8,
  /** An archive that is packed may become this large whatever its size ... */
  unpackedBytes: 1024 ** 3,
  /** ... and beyond that this many times its size: images are packed two to ten times smaller. */
  unpackedRatio: 100,
} as const
