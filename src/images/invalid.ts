import { KinaError } from '../errors.ts'

/** An archive or layout that is broken, or made to do harm: nothing of it is used. @param source what it is, as the user named it. */
export function invalidImage(source: string, reason: string): KinaError {
  return new KinaError('image-invalid', `Cannot read images from "${source}": ${reason}`, {
    hint: 'Use an archive of "docker save", "podman save" or "container image save", or an OCI image layout',
  })
}
