/** Both are set by the build; a source checkout says so. */
declare const KINA_VERSION: string | undefined
declare const KINA_COMMIT: string | undefined

export const version: string = typeof KINA_VERSION === 'undefined' ? '0.0.0-source' : KINA_VERSION
export const commit: string = typeof KINA_COMMIT === 'undefined' ? 'unknown' : KINA_COMMIT
