import * as v from 'valibot'
import type { VolumeRecord, VolumeRequest } from '../apple-container.ts'
import type { Operation } from '../operation.ts'

const volumes = v.array(
  v.object({
    configuration: v.object({
      name: v.string(),
      labels: v.optional(v.record(v.string(), v.string()), {}),
      source: v.string(),
    }),
  }),
)

/** All named and anonymous volumes, with the path of the disk of each. */
export const listVolumes: Operation<readonly VolumeRecord[]> = {
  argv: ['volume', 'list', '--format', 'json'],
  does: 'list volumes',
  within: 12_000,
  parse: (stdout) =>
    v
      .parse(volumes, JSON.parse(stdout))
      .map(({ configuration: { name, labels, source } }) => ({ name, labels, source }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
}

/** An ext4 disk as large as `container` makes it. */
export function createVolume({ name, labels, journal }: VolumeRequest): Operation<void> {
  return {
    argv: [
      'volume',
      'create',
      ...Object.entries(labels).map(([key, value]) => `--label=${key}=${value}`),
      // Its size is said: `container` would write a gigabyte of zeros for one of its own choice (EXT4+Journal.swift).
      ...(journal ? ['--opt=journal=ordered:64m'] : []),
      name,
    ],
    does: `create volume "${name}"`,
    within: 20_000,
    parse: () => undefined,
  }
}

export function deleteVolumes(names: readonly string[]): Operation<void> {
  return {
    argv: ['volume', 'delete', ...names],
    does: `delete volumes ${names.join(', ')}`,
    // It takes the service's lock, behind the boots of somebody else.
    within: 60_000,
    parse: () => undefined,
  }
}
