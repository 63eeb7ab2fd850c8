/** What a guest is, below the grammar that both backends share. Everything above (state, addresses, locks, messages, faults) is the stand-in's own. */
import type { ChildProcess } from 'node:child_process'

/** A container as a backend sees it. */
export interface Guest {
  readonly id: string
  /** Private folder of this container, kept from create to delete. */
  readonly folder: string
  readonly imageReference: string
  readonly imageDigest: string
  readonly cpus: number
  readonly memoryInBytes: number
  /** `KEY=value` entries of PID 1. */
  readonly environment: readonly string[]
  /** PID 1 and its arguments. */
  readonly argv: readonly string[]
  readonly hostname: string
  /** Of its present start. */
  readonly address: string | undefined
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[]
}

export interface Boot {
  /** IPv4 address given for this start. */
  readonly address: string
  readonly prefixLength: number
  readonly address6: string | undefined
  readonly gateway: string
  readonly procSysReadOnly: boolean
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

export interface Backend {
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
  /** Output of PID 1 since the last start, or the boot log over all starts; undefined before the first. */
  logs(guest: Guest, boot: boolean): string | undefined
  /** What is behind a TCP port of the guest, undefined when nothing can be; used by published ports. */
  dial(guest: Guest, port: number): Dial | undefined
}
