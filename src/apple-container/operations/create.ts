import { KinaError } from '../../errors.ts'
import type { CreateRequest, PublishedPort } from '../apple-container.ts'
import { isXpcTimeout } from '../failures.ts'
import { supports } from '../features.ts'
import type { Operation } from '../operation.ts'

const mebibyte = 1024 * 1024

/** Creates a container without starting it: a failed `run` deletes its own evidence, a failed `start` does not. */
export function createContainer(request: CreateRequest, version: string): Operation<void> {
  return {
    argv: ['create', ...options(request, version), request.image, ...(request.runs?.words ?? [])],
    env: request.inheritedEnv,
    does: `create container "${request.name}"`,
    within: 90_000,
    parse: () => undefined,
    // The first create after an install can time out while the init image is fetched (apple/container#857).
    transient: isXpcTimeout,
  }
}

function options(request: CreateRequest, version: string): readonly string[] {
  return [
    `--name=${request.name}`,
    ...Object.entries(request.labels).map(([key, value]) => `--label=${label(key, value)}`),
    `--platform=${request.platform}`,
    `--cpus=${request.cpus}`,
    // Without a suffix the number would be bytes; `container` rounds to MiB anyway.
    `--memory=${Math.floor(request.memoryBytes / mebibyte)}m`,
    // systemd, containerd and kubelet need what a machine's root has.
    '--cap-add=ALL',
    // kubelet, kube-proxy and CNI write to /proc/sys, which is read-only unless told otherwise where these flags exist.
    ...(supports(version, 'protectedPathFlags') ? ['--masked-path=NONE', '--read-only-path=NONE'] : []),
    '--ulimit=nofile=1048576:1048576',
    // The default of 1280 loses packets of pod networks that assume 1500.
    '--network=default,mtu=1500',
    ...Object.entries(request.env).map(([key, value]) => `--env=${key}=${value}`),
    // A name alone copies the value from the caller's environment.
    ...Object.keys(request.inheritedEnv).map((key) => `--env=${key}`),
    ...request.mounts.map(({ source, target, readOnly }) => `--volume=${source}:${target}${readOnly ? ':ro' : ''}`),
    ...request.publish.map((port) => `--publish=${published(port)}`),
    ...(request.runs === undefined ? [] : [`--entrypoint=${request.runs.program}`]),
  ]
}

/** `container` refuses a value with `=`, and drops a single one at the end silently. */
function label(key: string, value: string): string {
  if (!value.includes('=')) return `${key}=${value}`
  throw new KinaError('invalid-config', `Cannot label a container with ${key}: its value holds "="`, { seen: [value] })
}

function published({ hostAddress, hostPort, containerPort, proto }: PublishedPort): string {
  const address = hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress
  return `${address}:${hostPort}:${containerPort}/${proto}`
}
