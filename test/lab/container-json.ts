import type { ContainerState } from './state.ts'
import type { Release } from './versions.ts'
import { macOs } from './host-facts.ts'

/** A container as `list` and `inspect` show it. */
export function containerJson(state: ContainerState, isRunning: boolean, subnet: string, release: Release): object {
  const { id, image } = state
  return {
    id,
    configuration: {
      capAdd: state.capAdd,
      capDrop: state.capDrop,
      creationDate: state.creationDate,
      dns: { nameservers: [], options: [], searchDomains: [] },
      id,
      image: {
        descriptor: image.descriptor,
        reference: image.reference,
      },
      initProcess: {
        arguments: state.arguments,
        environment: state.environment,
        executable: state.executable,
        rlimits: state.rlimits,
        supplementalGroups: [],
        terminal: false,
        user: { id: { gid: 0, uid: 0 } },
        workingDirectory: state.workingDirectory,
      },
      labels: state.labels,
      maskedPaths: state.maskedPaths,
      mounts: state.mounts.map(({ volume, ...mount }) => ({
        ...mount,
        type:
          volume === undefined
            ? { virtiofs: {} }
            : { volume: { cache: { on: {} }, format: 'ext4', name: volume, sync: { fsync: {} } } },
      })),
      networks: [{ network: 'default', options: { hostname: id, mtu: state.mtu } }],
      platform: image.platform,
      publishedPorts: state.publishedPorts,
      publishedSockets: [],
      readOnly: false,
      readonlyPaths: state.readonlyPaths,
      resources: { cpuOverhead: 1, cpus: state.cpus, memoryInBytes: state.memoryInBytes },
      rosetta: false,
      runtimeHandler: 'container-runtime-linux',
      ssh: false,
      stopSignal: state.stopSignal,
      sysctls: {},
      useInit: false,
      virtualization: false,
    },
    status: {
      networks: isRunning
        ? [
            {
              hostname: id,
              ipv4Address: `${state.address}/24`,
              ipv4Gateway: `${subnet}.1`,
              ...(macOs() === 26 ? { ipv6Address: `${ipv6(state)}/64` } : {}),
              macAddress: state.mac,
              mtu: state.mtu,
              network: 'default',
              ...(release.hasVariant ? { variant: macOs() === 26 ? 'reserved' : 'allocationOnly' } : {}),
            },
          ]
        : [],
      startedDate: state.startedDate,
      state: isRunning ? 'running' : 'stopped',
    },
  }
}

/** The /64 that goes with an IPv4 subnet (`192.168.64`): another one for each, as vmnet chooses. */
export function prefix6(subnet: string): string {
  return `fd3c:1a2b:4d5e:${(0x6f30 + Number(subnet.split('.')[2])).toString(16)}`
}

/** The address that the guest's MAC gives it in the network that it is on. */
export function ipv6({ mac = '', address = '' }: ContainerState): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16))
  const eui = [(bytes[0] ?? 0) ^ 2, bytes[1], bytes[2], 0xff, 0xfe, bytes[3], bytes[4], bytes[5]].map(
    (byte) => byte ?? 0,
  )
  const words = [0, 2, 4, 6].map((at) => (((eui[at] ?? 0) << 8) | (eui[at + 1] ?? 0)).toString(16))
  return `${prefix6(address)}:${words.join(':')}`
}

/** ISO 8601 in whole seconds. */
export function dateNow(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}
