/** Stands for the API server: real TLS with the cluster's own certificates, /readyz and nothing else. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'

const socket = '/run/lab/6443.sock'
const pki = '/etc/kubernetes/pki'
rmSync(socket, { force: true })
const server = createServer(
  {
    key: readFileSync(`${pki}/apiserver.key`),
    cert: readFileSync(`${pki}/apiserver.crt`),
    ca: readFileSync(`${pki}/ca.crt`),
    requestCert: true,
    rejectUnauthorized: false,
  },
  ({ url }, response) => {
    response.statusCode = url === '/readyz' ? 200 : 404
    response.end(url === '/readyz' ? 'ok' : 'not emulated')
  },
)
server.listen(socket, () => writeFileSync('/run/lab/apiserver.ready', ''))
