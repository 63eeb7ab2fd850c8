/** Real keys and certificates through openssl, as kubeadm makes them. */
import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'

const pki = '/etc/kubernetes/pki'

/** The system's own configuration of openssl is in a place that a guest does not have. */
const authorityConfig = '/run/lab/openssl.cnf'

function openssl(...args: string[]): void {
  execFileSync('/usr/bin/openssl', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { OPENSSL_CONF: authorityConfig },
  })
}

export function makeAuthority(algorithm: 'ecdsa' | 'rsa'): void {
  mkdirSync(pki, { recursive: true })
  writeFileSync(
    authorityConfig,
    '[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,digitalSignature\n',
  )
  key(`${pki}/ca.key`, algorithm)
  openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    `${pki}/ca.key`,
    '-subj',
    '/CN=kubernetes',
    '-days',
    '3650',
    '-out',
    `${pki}/ca.crt`,
  )
}

/** @param names host names and addresses, for a server; none for a client. */
export function makeCertificate(
  file: string,
  subject: string,
  names: readonly string[],
  algorithm: 'ecdsa' | 'rsa',
): void {
  key(`${file}.key`, algorithm)
  const config = `${file}.cnf`
  const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',')
  writeFileSync(
    config,
    `[req]\ndistinguished_name=dn\n[dn]\n[ext]\nextendedKeyUsage=${names.length > 0 ? 'serverAuth' : 'clientAuth'}\n${names.length > 0 ? `subjectAltName=${alternatives}\n` : ''}`,
  )
  openssl('req', '-new', '-key', `${file}.key`, '-subj', subject, '-config', config, '-out', `${file}.csr`)
  openssl(
    'x509',
    '-req',
    '-in',
    `${file}.csr`,
    '-CA',
    `${pki}/ca.crt`,
    '-CAkey',
    `${pki}/ca.key`,
    '-CAcreateserial',
    '-days',
    '365',
    '-extfile',
    config,
    '-extensions',
    'ext',
    '-out',
    `${file}.crt`,
  )
}

function key(path: string, algorithm: 'ecdsa' | 'rsa'): void {
  if (algorithm === 'ecdsa') openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', path)
  else openssl('genrsa', '-out', path, '2048')
}

export function publicKeyHash(pem: string): string {
  const der = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(der).digest('hex')}`
}
