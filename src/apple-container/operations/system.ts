import * as v from 'valibot'
import type { Versions } from '../apple-container.ts'
import { readVersion } from '../features.ts'
import type { Operation } from '../operation.ts'

const components = v.array(v.object({ appName: v.string(), version: v.string() }))

/** Exit 0 with or without a service; the service's part is missing when it does not answer within 2 s. */
export const systemVersion: Operation<Versions> = {
  argv: ['system', 'version', '--format', 'json'],
  does: 'ask for the version of container',
  within: 12_000,
  parse: (stdout) => {
    const found = v.parse(components, JSON.parse(stdout))
    const cli = found.find(({ appName }) => appName === 'container')
    const service = found.find(({ appName }) => appName === 'container-apiserver')
    return { cli: readVersion(cli?.version ?? ''), service: service && readVersion(service.version) }
  },
}

const appRoot = v.optional(v.string(), '')
/** Later releases have the folder among `paths`. */
const status = v.object({ appRoot, paths: v.optional(v.object({ appRoot }), { appRoot: '' }) })

/** Where images and disks of containers are kept; empty while the service is down, which exits 1. */
export const systemStatus: Operation<string> = {
  argv: ['system', 'status', '--format', 'json'],
  does: 'ask where container keeps its data',
  within: 12_000,
  parse: (stdout) => {
    const found = v.parse(status, JSON.parse(stdout))
    return found.paths.appRoot || found.appRoot
  },
  alsoFine: ({ exitCode }) => exitCode === 1,
}

/** `--enable-kernel-install`: without either kernel flag it would ask on stdin. */
export const systemStart: Operation<void> = {
  argv: ['system', 'start', '--enable-kernel-install'],
  does: 'start the container service',
  // It may download the init image and a kernel.
  within: 5 * 60_000,
  parse: () => undefined,
}

/** Harmless, and takes the lock that the service holds over creates, boots and removals: it answers when all before has ended. */
export const systemDiskUsage: Operation<void> = {
  argv: ['system', 'df', '--format', 'json'],
  does: 'wait for the container service',
  // Behind boots and forced deletes of somebody else.
  within: 60_000,
  parse: () => undefined,
}
