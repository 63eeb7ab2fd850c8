/** A published port: `bun publish.ts LAB_ROOT CONTAINER PORT_JSON` binds it, says ok, and forwards to the guest. */
import { createSocket } from 'node:dgram'
import { createServer, connect } from 'node:net'
import { basename, dirname } from 'node:path'
import process from 'node:process'
import { chooseBackend, guestOf } from './choose-backend.ts'
import { container, type PublishedPort } from './state.ts'

const [root = '', id = '', json = '{}'] = process.argv.slice(2)
const { hostAddress, hostPort, containerPort, proto } = JSON.parse(json) as PublishedPort
const files = { root, serviceLock: '', guests: `${root}/guests` }
const backend = await chooseBackend()

const say = (text: string): void => void process.stdout.write(text)
process.stdout.on('error', () => undefined)

if (proto === 'udp') {
  // Bound like the real one; no simulated guest listens on UDP, so nothing is forwarded.
  const socket = createSocket(hostAddress.includes(':') ? 'udp6' : 'udp4')
  socket.once('error', () => process.exit(1))
  socket.bind(hostPort, hostAddress, () => say('ok'))
} else {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => client.destroy())
    const state = container(files, id)
    const path = state && backend.dial(guestOf(files, state), containerPort)
    if (path === undefined) {
      client.destroy()
      return
    }
    // A path of a socket has room for 108 bytes only.
    process.chdir(dirname(path))
    const guest = connect({ path: basename(path), allowHalfOpen: true })
    guest.on('error', () => client.destroy())
    client.on('close', () => guest.destroy())
    guest.on('close', () => client.destroy())
    client.pipe(guest)
    guest.pipe(client)
  })
  server.once('error', () => process.exit(1))
  server.listen({ port: hostPort, host: hostAddress }, () => say('ok'))
}
