import { KinaError } from '../errors.ts'

/**
 * Renders the Go templates of a node image's manifests: actions that print a field, with or without trimming of white space.
 * @throws KinaError `unexpected-answer` for any other action and for a field that is not given.
 */
export function renderTemplate(text: string, fields: Readonly<Record<string, string>>): string {
  return text
    .replace(/\s*\{\{-\s/g, '{{ ')
    .replace(/\s-\}\}\s*/g, ' }}')
    .replace(/\{\{(.*?)\}\}/gs, (action, inner: string) => {
      const [, field = ''] = /^\s*\.(\w+)\s*$/.exec(inner) ?? []
      const value = fields[field]
      if (value === undefined) {
        throw new KinaError(
          'unexpected-answer',
          `Cannot render a manifest of the node image: it asks for "${action}"`,
          {
            seen: [`known: ${Object.keys(fields).join(', ')}`],
            hint: 'Use networking.disableDefaultCNI and install a CNI of your own',
          },
        )
      }
      return value
    })
}
