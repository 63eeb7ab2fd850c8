/** What must never leave the process, by shape: no list of secrets has to be carried around, and none can be forgotten. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g, '[redacted $1]'],
  // The same in base64, as kubeconfigs and Kubernetes secrets carry it; certificates begin alike and are no loss.
  [/\bLS0tLS1CRUdJT[\w+/=]{20,}/g, '[redacted PEM]'],
  // As YAML, as JSON (escaped or not) and as an option of kubeadm, which has a blank behind the name.
  [
    /\b(client-key-data|certificate-?key|token-secret|password)(\\?["']?(?:\s*[:=]\s*|\s+)\\?["']?)[\w+/=.-]{8,}/gi,
    '$1$2[redacted]',
  ],
  // kubeadm's bootstrap tokens.
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '[redacted token]'],
  [/\b(Bearer|Basic)\s+[\w~+/=.-]{8,}/gi, '$1 [redacted]'],
  // User and password in a URL, as in HTTPS_PROXY; up to the last @ before a slash, since passwords hold @ too.
  [/:\/\/[^\s/"']+@/g, '://[redacted]@'],
  // JSON web tokens: service accounts have them in logs.
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g, '[redacted token]'],
]

/** The text without private keys, tokens and passwords. */
export function redact(text: string): string {
  return shapes.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text)
}
