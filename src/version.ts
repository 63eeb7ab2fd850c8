/** Both are set by the build; a source checkout says so. */
declare const KINA_VERSION: string | undefined
declare const KINA_COMMIT: string | undefined

/** Release of kind whose command line kina has under the name kind: what asks for a version gets to know what it may rely on. */
export const kindVersion = '0.33.0'

export const version: string = typeof KINA_VERSION === 'undefined' ? '0.0.0-source' : KINA_VERSION
export const commit: string = typeof KINA_COMMIT === 'undefined' ? 'unknown' : KINA_COMMIT
