/** A published port: `bun publish.ts LAB_ROOT CONTAINER PORT_JSON` binds it, says ok, and forwards to the guest. */
import { createSocket } from 'node:dgram'
import { createServer, connect } from 'node:net'
import { basename, dirname } from 'node:path'
import process from 'node:process'
import type { Dial } from './backend.ts'
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
    const target = state && backend.dial(guestOf(files, state), containerPort)
    if (target === undefined) {
      client.destroy()
      return
    }
    const guest = connect({ ...reachable(target), allowHalfOpen: true })
    guest.on('error', () => client.destroy())
    client.on('close', () => guest.destroy())
    guest.on('close', () => client.destroy())
    client.pipe(guest)
    guest.pipe(client)
  })
  server.once('error', () => process.exit(1))
  server.listen({ port: hostPort, host: hostAddress }, () => say('ok'))
}

/** A path of a socket has room for 108 bytes only. */
function reachable(target: Dial): Dial {
  if (!('path' in target)) return target
  process.chdir(dirname(target.path))
  return { path: basename(target.path) }
}
