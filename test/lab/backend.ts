/** What a guest is, below the grammar that both backends share. Everything above (state, addresses, locks, messages, faults) is the stand-in's own. */
import type { ChildProcess } from 'node:child_process'

/** A container as a backend sees it. */
export interface Guest {
  readonly id: string
  /** Private folder of this container, kept from create to delete. */
  readonly folder: string
  /** The lab it belongs to. */
  readonly root: string
  /** Digest of the manifest of its image. */
  readonly manifest: string
  /** Allowed to PID 1 and to every exec, names with `CAP_`. */
  readonly capabilities: readonly string[] | 'all'
  readonly cpus: number
  readonly memoryInBytes: number
  /** `KEY=value` entries of PID 1. */
  readonly environment: readonly string[]
  /** PID 1 and its arguments. */
  readonly argv: readonly string[]
  readonly hostname: string
  /** Of its present start. */
  readonly address: string | undefined
  readonly mounts: readonly GuestMount[]
}

interface GuestMount {
  /** A file or folder of the host, or the disk of a volume. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly isVolume: boolean
}

export interface Boot {
  /** IPv4 address given for this start. */
  readonly address: string
  readonly prefixLength: number
  readonly address6: string | undefined
  readonly gateway: string
  readonly mtu: number
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
  /** What `uname -r` says. */
  readonly kernel: string
  readonly kernelHasNfTables: boolean
}

export interface ExecRequest {
  readonly argv: readonly string[]
  /** `KEY=value` entries; of two with one key the first is what programs see. */
  readonly environment: readonly string[]
  readonly workdir: string
  readonly tty: boolean
  /** Whether the caller's stdin is passed on; else it is empty. */
  readonly interactive: boolean
}

/** Where a connection goes: a socket's path, or an address. */
export type Dial = { readonly path: string } | { readonly host: string; readonly port: number }

/** Thrown by `exec` when the guest has no such program. */
export class NoSuchProgram extends Error {}

/** What a guest has used up since it was booted. */
export interface Usage {
  readonly cpuUsageUsec: number
  readonly memoryUsageBytes: number
  readonly numProcesses: number
  readonly networkRxBytes?: number
  readonly networkTxBytes?: number
  readonly blockReadBytes?: number
  readonly blockWriteBytes?: number
}

export interface Backend {
  /** Unpacks an image, once for its manifest: the first create of it pays for that. */
  unpack(root: string, manifest: string): Promise<void>
  /** Makes the root disk at the first start; later starts find it as it was left. */
  prepareRoot(guest: Guest): Promise<void> | void
  /** Boots: /etc/hosts and /etc/resolv.conf rewritten, PID 1 started. Returns when the guest answers. */
  boot(guest: Guest, boot: Boot): Promise<void>
  /** Starts a process in a running guest; its exit is the exec's. */
  exec(guest: Guest, request: ExecRequest): ChildProcess
  isRunning(guest: Guest): boolean
  /** Asks PID 1 to end with this signal, kills after the time. */
  stop(guest: Guest, signal: string, seconds: number): Promise<void>
  /** Removes root disk and everything of the guest, which does not run. */
  remove(guest: Guest): Promise<void> | void
  /** The root disk as the VM sees it, below all that is mounted in the guest: where `cp` reads and writes. */
  disk(guest: Guest): string
  usage(guest: Guest): Usage | undefined
  /** Output of PID 1 since the last start, or the boot log over all starts; undefined before the first. */
  logs(guest: Guest, boot: boolean): string | undefined
  /** What is behind a TCP port of the guest, undefined when nothing can be; used by published ports. */
  dial(guest: Guest, port: number): Dial | undefined
}
