/** What a guest is, below the grammar that both backends share. Everything above (state, addresses, locks, messages, faults) is the stand-in's own. */
import type { ChildProcess } from 'node:child_process'

/** A container as a backend sees it. */
export interface Guest {
  readonly id: string
  /** Private folder of this container, kept from create to delete. */
  readonly folder: string
  readonly imageReference: string
  /** Folder of the unpacked image's own files (layout, configuration), see images. */
  readonly entrypoint: readonly string[]
  readonly environment: readonly string[]
  readonly hostname: string
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[]
  readonly cpus: number
  readonly memoryBytes: number
}

export interface Boot {
  /** IPv4 address given for this start, and the gateway of its network. */
  readonly address: string
  readonly gateway: string
  readonly prefixLength: number
  readonly mtu: number
  readonly procSysReadOnly: boolean
  /** Guest kernel as `uname -r` says it, and whether it knows nf_tables. */
  readonly kernel: { readonly release: string; readonly nfTables: boolean }
}

export interface ExecRequest {
  readonly argv: readonly string[]
  /** Whole environment, duplicates kept in order (the first one is what glibc's getenv sees). */
  readonly environment: readonly string[]
  readonly workdir: string
  readonly tty: boolean
  /** Whether the caller's stdin is passed on; else it is empty. */
  readonly interactive: boolean
}

export interface Backend {
  /** Makes the root disk at the first start; later starts find it as it was left. */
  prepareRoot(guest: Guest): Promise<void>
  /** Boots: /etc/hosts and /etc/resolv.conf rewritten, PID 1 started. Returns when the guest answers. */
  boot(guest: Guest, boot: Boot): Promise<void>
  /** Starts a process in a running guest with inherited stdio; its exit is the exec's. Throws when the program does not exist. */
  exec(guest: Guest, request: ExecRequest): Promise<ChildProcess>
  isRunning(guest: Guest): Promise<boolean>
  /** Asks PID 1 to end with this signal, kills after the time (seconds). */
  stop(guest: Guest, signal: string, seconds: number): Promise<void>
  kill(guest: Guest): Promise<void>
  /** Removes root disk and everything of the guest. */
  remove(guest: Guest): Promise<void>
  /** Output of PID 1 since the last start, or the boot log over all starts. */
  logs(guest: Guest, boot: boolean): Promise<string>
  /** Host and port where a guest's TCP port can be reached right now, undefined when nothing listens; used by the published-port proxy. */
  dial(guest: Guest, port: number): Promise<{ readonly host: string; readonly port: number } | { readonly path: string } | undefined>
}
