import { KinaError } from '../../src/errors.ts'

/** The KinaError that the work ends with; everything else, success too, is an error of the test. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<KinaError> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    if (error instanceof KinaError) return error
    throw error
  }
  throw new Error('It did not fail')
}
