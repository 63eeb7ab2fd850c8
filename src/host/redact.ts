/** What must never leave the process, by shape: no list of secrets has to be carried around, and none can be forgotten. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g, '[redacted $1]'],
  [/\b(client-key-data|client-certificate-data|certificate-key|certificateKey|token-secret)(["']?\s*[:=]\s*["']?)[\w+/=.-]+/g, '$1$2[redacted]'],
  // kubeadm's bootstrap tokens, and 64 hex digits behind the words that name a certificate key.
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '[redacted token]'],
  [/\b(Bearer|Basic)\s+[\w+/=.-]{8,}/g, '$1 [redacted]'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/:@]*:[^\s/@]+@/gi, '$1[redacted]@'],
  // JSON web tokens: service accounts have them in logs.
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g, '[redacted token]'],
]

/** The text without private keys, tokens and passwords. */
export function redact(text: string): string {
  return shapes.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text)
}
