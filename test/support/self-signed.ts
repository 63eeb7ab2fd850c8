import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A certificate for localhost that no authority has signed. @param folder where it is made. */
export async function selfSigned(
  folder: string,
): Promise<{ readonly key: string; readonly cert: string; readonly path: string }> {
  await mkdir(folder)
  const [key, path] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const about = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', path]
  await promisify(execFile)('openssl', [...words, ...about])
  return { key: await readFile(key, 'utf8'), cert: await readFile(path, 'utf8'), path }
}
