/**
 * The name under which `container` keeps an image that is asked for by its full reference. A digest puts the tag out of it:
 * `kindest/node:v1.37.0@sha256:…` is kept, and listed, as `kindest/node@sha256:…` (apple/containerization, Reference.parse, in
 * every release that kina works with).
 */
export function storedName(reference: string): string {
  return reference.replace(/:[\w][\w.-]{0,127}@(?=sha256:[0-9a-f]{64}$)/, '@')
}
