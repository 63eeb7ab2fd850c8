import { homedir, totalmem } from 'node:os'
import { basename } from 'node:path'
import process from 'node:process'
import { blobFiles } from './blob-files.ts'
import { clock } from './clock.ts'
import { feed } from './feed.ts'
import { files } from './files.ts'
import type { Host } from './host.ts'
import { openFile, scratch, stdinBytes } from './large-files.ts'
import { freePort, getHttps } from './network.ts'
import { pipe } from './pipe.ts'
import { attach, open, run, systemProcesses } from './processes.ts'
import { terminal } from './terminal.ts'
import { web } from './web.ts'

/** The machine kina runs on. @param env the environment of kina and of all that it starts. */
export function createHost(env: Host['env'] = { ...process.env }): Host {
  const os = process.platform === 'darwin' ? 'darwin' : 'linux'
  const host: Host = {
    env,
    platform: {
      os,
      arch: process.arch === 'arm64' ? 'arm64' : 'amd64',
      home: env['HOME'] ?? homedir(),
      cwd: process.cwd(),
      pid: process.pid,
      memoryBytes: totalmem(),
      calledAs: basename(process.argv0),
    },
    files,
    blobs: blobFiles,
    web,
    openFile,
    scratch: () => scratch(env),
    stdinBytes,
    clock,
    terminal: terminal(env),
    processes: systemProcesses(os),
    run: (argv, options) => run(argv, options, host),
    open: (argv) => open(argv, host),
    pipe: (from, into, options) => pipe(from, into, options, host),
    feed: (argv, source, options) => feed(argv, source, options, host),
    attach: (argv, options) => attach(argv, options, host),
    freePort,
    getHttps,
    onCommand: undefined,
    onChild: undefined,
  }
  return host
}
