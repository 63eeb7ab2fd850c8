/** `host` is the only folder with effects. This file is the whole of what the rest of kina may ask of the machine. */
import type { Readable, Writable } from 'node:stream'

type Milliseconds = number

export interface RunOptions {
  /** Bytes for the child's stdin; without it stdin is empty and closed. */
  readonly stdin?: string | Uint8Array
  /** Environment entries added to kina's own. */
  readonly env?: Readonly<Record<string, string>>
  /** Deadline, already multiplied by `KINA_TIMEOUT_SCALE`; then TERM, after two seconds KILL. */
  readonly within: Milliseconds
  readonly signal?: AbortSignal
}

export interface RunResult {
  readonly argv: readonly string[]
  /** The exit code; 128+n after signal n; -1 when the program could not be started. */
  readonly exitCode: number
  readonly stdout: string
  /** The last 64 Ki characters; why the program could not be started, when it could not. */
  readonly stderr: string
  readonly ms: Milliseconds
  /** How the run came to its end: `said-too-much` is more than 16 MiB on stdout, after which the program is ended. */
  readonly ended: 'exited' | 'timed-out' | 'aborted' | 'not-found' | 'said-too-much'
}

/** A long-lived child whose streams are in the caller's hands (node sessions, image streams). It runs in its own process group. */
export interface OpenChild {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly exited: Promise<{ readonly exitCode: number }>
  /** TERM to the process group, KILL after `graceMs`; resolves when it has ended. */
  end(graceMs?: Milliseconds): Promise<void>
}

export interface Files {
  /** The text, or undefined when the file does not exist. */
  read(path: string): Promise<string | undefined>
  /** Temporary file, fsync, rename; the mode of an existing file is not kept: `mode` rules (default 0600). */
  writeAtomically(path: string, text: string, mode?: number): Promise<void>
  /** Creates the file exclusively; false when it exists. */
  createExclusively(path: string, text: string, mode?: number): Promise<boolean>
  /** Hard-links `from` to `to`; false when `to` exists. */
  link(from: string, to: string): Promise<boolean>
  rename(from: string, to: string): Promise<boolean>
  /** Removes a file; true when it was there. */
  remove(path: string): Promise<boolean>
  /** Creates the folder and its parents (0700 unless told). */
  makeFolder(path: string, mode?: number): Promise<void>
  kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined>
  list(folder: string): Promise<readonly string[]>
  /** What is left for this user on the disk that holds the path, undefined where nothing exists. */
  freeBytes(path: string): Promise<number | undefined>
  /** Undefined when a file at this path can be written or created, else the reason. */
  whyNotWritable(path: string): Promise<string | undefined>
  /** The path with every symbolic link followed; the path itself where nothing exists. */
  realPath(path: string): Promise<string>
  readStdin(): Promise<string>
}

/** Files that are too large for a text, read and written in pieces. */
export interface BlobFiles {
  /** Undefined when there is nothing. `version` changes when the file is another one or was written since. */
  stat(path: string): Promise<FileFacts | undefined>
  read(path: string): AsyncIterable<Uint8Array>
  /** Opens for appending, mode 0600; the folder is made where it is missing. */
  append(path: string): Promise<BlobWriter>
  /** Renames, and waits until that is on the disk. */
  moveDurably(from: string, to: string): Promise<void>
  /**
   * A new file that shares its blocks with another, however large that is, until one of them is written (APFS, XFS, Btrfs).
   * @returns false where the file system cannot, or both are not on the same one; nothing is made then.
   */
  clone(from: string, to: string): Promise<boolean>
  /** What was written of a file, by whomever, is on the disk. */
  sync(path: string): Promise<void>
  /** Sets the time of last change; nothing happens when the file is gone. */
  touch(path: string, date: Date): Promise<void>
  /** Names of the regular files in a folder. */
  listFiles(folder: string): Promise<readonly string[]>
}

export interface FileFacts {
  readonly bytes: number
  /** What it takes on the disk: less than its bytes where it has holes. */
  readonly bytesOnDisk: number
  readonly modified: Date
  readonly isFile: boolean
  readonly version: string
}

export interface BlobWriter {
  /** Pieces may be held back until there are enough of them. */
  write(piece: Uint8Array): Promise<void>
  /** Back to no bytes at all. */
  empty(): Promise<void>
  /** All that was written is on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface WebRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Longest silence of the other side. */
  readonly stall: Milliseconds
  readonly signal?: AbortSignal
}

export interface WebAnswer {
  /** What was asked for; behind redirects it is another address than the first. */
  readonly url: string
  readonly status: number
  header(name: string): string | undefined
  /** To be read once, or to be discarded. @throws WebFailure when it is cut off. */
  readonly body: AsyncIterable<Uint8Array>
  discard(): Promise<void>
}

export interface Web {
  /** One request over HTTP or HTTPS; redirects are not followed. @throws WebFailure when no answer comes. */
  ask(url: string, request: WebRequest): Promise<WebAnswer>
}

/** A file that is read in pieces, from anywhere in it. */
export interface OpenFile {
  /** Bytes, as it was when it was opened. */
  readonly size: number
  /** At most `length` bytes; none at its end. */
  read(position: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** A temporary folder of this run (mode 0700), gone with all that is in it when it is disposed of. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string
  /** Lays bytes down in a new file. @returns its path. */
  write(name: string, pieces: AsyncIterable<Uint8Array>): Promise<string>
}

export interface Clock {
  /** Monotonic. */
  now(): Milliseconds
  /** Wall clock. */
  date(): Date
  /** Resolves after `ms`, rejects with the signal's reason on abort. */
  sleep(ms: Milliseconds, signal?: AbortSignal): Promise<void>
  /** Random bytes as lower-case hex; for run ids, marks, tokens. */
  randomHex(bytes: number): string
}

export interface Terminal {
  readonly stderrIsTerminal: boolean
  readonly stdoutIsTerminal: boolean
  readonly stdinIsTerminal: boolean
  readonly columns: number
  writeStdout(text: string): void
  writeStderr(text: string): void
}

export interface Processes {
  /** Start time of a live process in the system's own unit, undefined when there is none: tells a reused pid from its former owner. */
  startTime(pid: number): Promise<string | undefined>
  /** TERM, then KILL, to a process group; resolves when none of it is left. */
  endGroup(pgid: number): Promise<void>
  /** Ends every child that is still alive, with its process group. */
  endAll(): Promise<void>
}

export interface HttpsOptions {
  readonly ca: string
  readonly cert?: string
  readonly key?: string
  readonly within: Milliseconds
  readonly signal?: AbortSignal
}

export interface Platform {
  readonly os: 'darwin' | 'linux'
  readonly arch: 'arm64' | 'amd64'
  readonly home: string
  readonly cwd: string
  readonly pid: number
  /** Memory of the machine. */
  readonly memoryBytes: number
  /** Name this program was called by, without folders: `kina` or `kind`. */
  readonly calledAs: string
}

export interface Host {
  /** The environment as it was at the start. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: Platform
  readonly files: Files
  readonly blobs: BlobFiles
  readonly web: Web
  openFile(path: string): Promise<OpenFile>
  scratch(): Promise<Scratch>
  /** What comes from stdin, or from a pipe at a path. */
  stdinBytes(path?: string): AsyncIterable<Uint8Array>
  readonly clock: Clock
  readonly terminal: Terminal
  readonly processes: Processes
  /** Runs a program to its end with bounded output. Never throws for an exit code; never uses a shell. */
  run(argv: readonly string[], options: RunOptions): Promise<RunResult>
  open(argv: readonly string[]): OpenChild
  /** Runs two programs: what the first says is what the second reads. The result is that of the one that failed, else of the first. */
  pipe(
    from: readonly string[],
    into: readonly string[],
    options: { readonly within: Milliseconds; readonly signal: AbortSignal },
  ): Promise<RunResult>
  /**
   * Runs a program that reads a stream of any length.
   * @throws what the stream throws, after the program has been ended.
   */
  feed(
    argv: readonly string[],
    source: AsyncIterable<Uint8Array>,
    options: { readonly within: Milliseconds; readonly signal: AbortSignal },
  ): Promise<RunResult>
  /** Runs a program with kina's own stdin (or none), stdout and stderr, in kina's process group; resolves with its exit code. */
  attach(argv: readonly string[], options: { readonly stdin: boolean; readonly signal?: AbortSignal }): Promise<number>
  /** A TCP port that nothing listens on at this address at this moment. */
  freePort(address: string): Promise<number>
  /** One HTTPS GET with the certificates given as PEM texts. Rejects when no answer comes. */
  getHttps(url: string, options: HttpsOptions): Promise<{ readonly status: number; readonly body: string }>
  /** Called after every finished or ended child: argv, duration, exit code. Set once by main. */
  onCommand: ((command: { argv: readonly string[]; ms: Milliseconds; exitCode: number }) => void) | undefined
  /** Called with the pid of every child that is started, leader of a process group of its own. */
  onChild: ((pid: number) => void) | undefined
}
