import { createHash, X509Certificate } from 'node:crypto'

/** kubeadm's pin of a CA: SHA-256 of the DER form of its public key. */
export function caCertificateHash(pem: string): string {
  const { publicKey } = new X509Certificate(pem)
  return `sha256:${createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`
}
