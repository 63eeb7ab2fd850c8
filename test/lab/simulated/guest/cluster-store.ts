/** What the API server of a simulated cluster knows: one JSON file per control plane, below what all guests of a lab can see. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs'

export interface Taint {
  readonly key: string
  readonly effect: string
}

export interface StoredNode {
  readonly name: string
  readonly guest: string
  readonly version: string
  readonly address: string
  labels: Record<string, string>
  taints: Taint[]
  readonly podCIDRs: readonly string[]
  /** When it registered, ms since the epoch. */
  readonly since: number
}

export interface Store {
  readonly version: string
  readonly podSubnets: readonly string[]
  readonly tokens: Record<string, string>
  readonly nodes: Record<string, StoredNode>
  readonly objects: Record<string, unknown>
  given: number
}

const folder = '/lab/net/api'

function storePath(guest: string): string {
  return `${folder}/${guest}.json`
}

export function readStore(guest: string): Store | undefined {
  return existsSync(storePath(guest)) ? (JSON.parse(readFileSync(storePath(guest), 'utf8')) as Store) : undefined
}

/** Changes the store while nobody else does. */
export function changeStore<T>(guest: string, change: (store: Store) => T): T {
  const lock = `${storePath(guest)}.lock`
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (attempt > 2000) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    }
  }
  try {
    const store = readStore(guest)
    if (!store) throw new Error(`no API server state of ${guest}`)
    const result = change(store)
    writeStore(guest, store)
    return result
  } finally {
    rmdirSync(lock)
  }
}

export function writeStore(guest: string, store: Store): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${storePath(guest)}.new`, JSON.stringify(store))
  renameSync(`${storePath(guest)}.new`, storePath(guest))
}

/** The next range of each pod subnet, in order, as the controller manager gives them. */
export function giveRanges(store: Store): readonly string[] {
  const index = store.given++
  return store.podSubnets.map((subnet) => {
    const [address = '', prefix = ''] = subnet.split('/')
    if (address.includes(':')) {
      const head = address.replace(/::$/, '')
      return index === 0 ? `${address}/64` : `${head}:${index.toString(16)}::/64`
    }
    const [a = 0, b = 0, c = 0] = address.split('.').map(Number)
    const start = ((a << 24) | (b << 16) | (c << 8)) & (-1 << (32 - Number(prefix)))
    const range = start + index * 256
    return `${(range >>> 24) & 255}.${(range >>> 16) & 255}.${(range >>> 8) & 255}.0/24`
  })
}

/** The guest that has an address now, undefined when none has. */
export function guestAt(address: string): string | undefined {
  const path = `/lab/net/addresses/${address}`
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

/** Address of a name in this guest's own /etc/hosts; there is no other way to resolve one. */
export function addressOf(name: string): string | undefined {
  for (const line of readFileSync('/etc/hosts', 'utf8').split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (names.includes(name)) return address
  }
  return undefined
}

/** A path of another guest's disk, as a network or a kubelet would show it. */
export function inGuest(guest: string, path: string): string {
  return `/lab/guests/${guest}/root${path}`
}

export function apiServerRuns(guest: string): boolean {
  return existsSync(inGuest(guest, '/run/lab/apiserver.ready'))
}
