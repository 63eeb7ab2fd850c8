import { KinaError } from '../errors.ts'
import type { Target, Wanted } from '../cluster/load/load-references.ts'
import type { Kina } from '../cluster/kina.ts'
import { normalizeImageReference } from '../images/reference.ts'
import { clusterNameFor, nameOption } from './shared-options.ts'

export const imageNames = {
  name: 'IMAGE',
  help: 'Name of an image',
  isRequired: true,
  isList: true,
  missing: 'a list of image names is required',
} as const

/** What the commands that load images have in common. */
export const loadOptions = {
  name: nameOption,
  nodes: { value: 'NAMES', help: 'Only these nodes, names with commas between them' },
} as const

export function targetOf(
  kina: Kina,
  values: { readonly name: string | undefined; readonly nodes: string | undefined },
): Target {
  return {
    cluster: clusterNameFor(kina, values.name, []),
    nodes: (values.nodes ?? '').split(',').filter(Boolean),
  }
}

/** Each once, in full. @throws KinaError `usage` that names all that are no references. */
export function wantedImages(words: readonly string[]): readonly Wanted[] {
  const given = [...new Set(words)]
  const wrong = given.filter((word) => normalizeImageReference(word) === undefined)
  if (wrong.length > 0) {
    throw new KinaError('usage', `Cannot load ${wrong.map((word) => `"${word}"`).join(', ')}: no image reference`, {
      hint: 'An image reference is a name with or without a tag, such as registry.example.com/web:1.0',
    })
  }
  return given.map((word) => ({ given: word, reference: normalizeImageReference(word) ?? word }))
}
