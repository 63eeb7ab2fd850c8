/** All that kina knows about Apple's `container` program. This file is what the rest of kina uses. */
import type { KinaError } from '../errors.ts'
import type { OpenChild, RunResult } from '../host/host.ts'

/** One container as `list` shows it, cut to what kina uses. */
export interface ContainerRecord {
  readonly id: string
  readonly state: 'running' | 'stopped' | 'stopping' | 'unknown'
  /** Whether it has a start date. The service forgets the dates of stopped containers when it is restarted. */
  readonly everStarted: boolean
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  /** IPv4 address without the prefix; undefined unless running. */
  readonly address: string | undefined
  readonly gateway: string | undefined
  /** What its VM may use at most. */
  readonly memoryBytes: number
  readonly publishedPorts: readonly PublishedPort[]
  /** Names of the volumes that it has. */
  readonly volumes: readonly string[]
}

/** A disk of its own that a container may have at some place of its root. */
export interface VolumeRecord {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Path of its disk on the host. */
  readonly source: string
}

export interface VolumeRequest {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Whether it survives that its VM is ended in the middle of a write. */
  readonly journal: boolean
}

export interface PublishedPort {
  readonly hostAddress: string
  readonly hostPort: number
  readonly containerPort: number
  readonly proto: string
}

/** What the local store has of an image, by platform. */
export type StoredImage = readonly {
  readonly os: string
  readonly architecture: string
  /** Empty where it is not said. */
  readonly variant: string
  /** Digest of the manifest. */
  readonly manifest: string
  /** Of the layers, the lowest first. */
  readonly diffIds: readonly string[]
}[]

/** The network that containers are on unless told otherwise. */
export interface Network {
  readonly gateway: string | undefined
  readonly subnets: readonly string[]
}

/** What `create` is told; every flag with its reason is in operations/create.ts. */
export interface CreateRequest {
  readonly name: string
  readonly image: string
  readonly platform: string
  readonly labels: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  /** Variables that may hold secrets: named on the command line, their values handed over in its environment. */
  readonly inheritedEnv: Readonly<Record<string, string>>
  readonly cpus: number
  readonly memoryBytes: number
  /** A source without a slash is the name of a volume. */
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[]
  readonly publish: readonly PublishedPort[]
  /** Instead of what the image starts: a program and its arguments. */
  readonly runs?: { readonly program: string; readonly words: readonly string[] }
}

export interface Versions {
  readonly cli: string
  /** Undefined while the service does not answer. */
  readonly service: string | undefined
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Overrides the operation's deadline (milliseconds, unscaled). */
  readonly within?: number
}

interface StreamOptions {
  readonly signal: AbortSignal
  /** Milliseconds for all of it. */
  readonly within: number
}

export interface AppleContainer {
  /**
   * Asks for the versions of command line and service. What changes something asks first; what only reads need not.
   * @throws KinaError `container-missing`, `container-unsupported`.
   */
  checkVersions(options?: CallOptions): Promise<{ readonly serviceIsUp: boolean }>
  /** The same without a verdict. */
  versions(options?: CallOptions): Promise<Versions>
  /** `system start`, installing the recommended kernel where none is installed; never asks. */
  startService(options?: CallOptions): Promise<void>
  /** The folder with images and disks of containers; empty while the service is down. */
  dataFolder(options?: CallOptions): Promise<string>
  /** Returns when everything that the service had begun before has ended. @throws KinaError `timed-out` when it hangs. */
  passServiceLock(options?: CallOptions): Promise<void>
  list(options?: CallOptions): Promise<readonly ContainerRecord[]>
  /** Undefined where `container` has no networks of its own (macOS 15): there nodes cannot reach each other. */
  defaultNetwork(options?: CallOptions): Promise<Network | undefined>
  /** References in the local image store, full form. */
  listImages(options?: CallOptions): Promise<readonly string[]>
  /** Undefined when the store has no image of this name. */
  inspectImage(reference: string, options?: CallOptions): Promise<StoredImage | undefined>
  /** One platform of an image, as an archive in a file. */
  saveImage(reference: string, platform: string, file: string, options?: CallOptions): Promise<void>
  /**
   * `image load` of a tar archive with an OCI layout.
   * @returns the references that were loaded, as the store has them.
   * @throws what the archive throws, and then nothing is loaded.
   */
  loadImages(archive: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<readonly string[]>
  pullImage(reference: string, platform: string, options?: CallOptions): Promise<void>
  create(request: CreateRequest, options?: CallOptions): Promise<void>
  listVolumes(options?: CallOptions): Promise<readonly VolumeRecord[]>
  /** An empty disk. @throws KinaError also when there is one of this name. */
  createVolume(request: VolumeRequest, options?: CallOptions): Promise<void>
  /** Deletes volumes that are there and that no container has. */
  deleteVolumes(names: readonly string[], options?: CallOptions): Promise<void>
  start(name: string, options?: CallOptions): Promise<void>
  /** Removes running or stopped containers; missing ones count as removed. Returns nothing about data: all of it is gone. */
  remove(names: readonly string[], options?: CallOptions): Promise<void>
  /** The boot log (`--boot`) or the console of PID 1, at most the last `lines`. */
  logs(name: string, what: 'boot' | 'console', options?: CallOptions): Promise<string>
  /** Whether a container has ever been started; unlike its start date, this outlives a restart of the service. */
  hasRun(name: string, options?: CallOptions): Promise<boolean>
  /** All that is known of a container, as JSON text in the form of its release. */
  inspect(name: string, options?: CallOptions): Promise<string>
  /**
   * Output of a command in a node, of any length, into a program of the host.
   * @throws KinaError when either does not end well.
   */
  pipeExec(name: string, argv: readonly string[], into: readonly string[], options: StreamOptions): Promise<void>
  /**
   * One command in a node, to its end, buffered; its exit code is an answer.
   * @throws KinaError `service-down`, `timed-out`, when no command has come to its end.
   */
  exec(name: string, argv: readonly string[], options?: CallOptions & { readonly stdin?: string }): Promise<RunResult>
  /** One command in a node with the caller's own stdin, stdout and stderr; resolves with its exit code. */
  execAttached(
    name: string,
    argv: readonly string[],
    options: { readonly interactive: boolean; readonly tty: boolean; readonly signal?: AbortSignal },
  ): Promise<number>
  /** `exec -i` whose streams are the caller's. */
  openExec(name: string, argv: readonly string[]): OpenChild
  /** What the end of an `openExec` means where `container` itself failed in a way that is known, not the command in the node. */
  explainExecEnd(name: string, end: { readonly exitCode: number; readonly stderr: string }): KinaError | undefined
}
