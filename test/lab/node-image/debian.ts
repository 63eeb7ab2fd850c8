import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { $ } from 'zx'
import { cached, digestOf } from './cache.ts'

const suite = 'trixie'

/** What a node has of Debian. Its systemd (257) still knows cgroup v1. */
export const nodePackages: readonly string[] = [
  'bash',
  'ca-certificates',
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'curl',
  'dbus',
  'e2fsprogs',
  'ethtool',
  'hostname',
  'iproute2',
  'iptables',
  'jq',
  'kmod',
  'libseccomp2',
  'mount',
  'nftables',
  'pigz',
  'procps',
  'runc',
  'socat',
  'systemd',
  'systemd-sysv',
  'util-linux',
]

/** What pods have that need more than one static program: kube-proxy, the CNI daemon, helpers. */
export const toolPackages: readonly string[] = [
  'busybox',
  'conntrack',
  'ipset',
  'iproute2',
  'iptables',
  'kmod',
  'nftables',
]

/** @returns a folder with a minimal Debian and these packages in it. */
export async function debianTree(name: string, packages: readonly string[]): Promise<string> {
  return await cached(`debian-${name}`, digestOf(suite, ...packages), async (folder) => {
    const mirror = await mirrorOfThisMachine()
    const root = join(folder, 'root')
    await $({ quiet: true })`debootstrap --variant=minbase --include=${packages.join(',')} ${suite} ${root} ${mirror}`
    for (const waste of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'])
      await rm(join(root, waste), { recursive: true, force: true })
  })
}

/** Where this machine gets Debian from: the one that its sources trust with Debian's own keyring. */
async function mirrorOfThisMachine(): Promise<string> {
  const folder = '/etc/apt/sources.list.d'
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  const trusted = texts.find((text) => text.includes('debian-archive-keyring')) ?? ''
  const found = /^URIs:\s*(\S+)/m.exec(trusted)?.[1]
  if (found) return found
  const list = await readFile('/etc/apt/sources.list', 'utf8').catch(() => '')
  return /^deb\s+(?:\[.*?\]\s+)?(\S+)\s+\w+\s+main/m.exec(list)?.[1] ?? 'http://deb.debian.org/debian'
}
