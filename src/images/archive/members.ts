/** The files of an archive, a folder or the cache, by name. */
export interface Members extends AsyncDisposable {
  /** What it is, as the user named it. */
  readonly source: string
  /** Bytes of a file, undefined when there is none of this name. Links are followed where they may be. */
  size(name: string): Promise<number | undefined>
  /** @throws KinaError `image-invalid` when the file is missing or cut off. */
  read(name: string, from?: number, length?: number): AsyncIterable<Uint8Array>
}
