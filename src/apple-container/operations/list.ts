import * as v from 'valibot'
import type { ContainerRecord } from '../apple-container.ts'
import type { Operation } from '../operation.ts'

const record = v.object({
  id: v.string(),
  configuration: v.object({
    labels: v.optional(v.record(v.string(), v.string()), {}),
    image: v.object({ reference: v.string() }),
    resources: v.optional(v.object({ memoryInBytes: v.optional(v.number(), 0) }), { memoryInBytes: 0 }),
    mounts: v.optional(
      v.array(v.object({ type: v.optional(v.object({ volume: v.optional(v.object({ name: v.string() })) }), {}) })),
      [],
    ),
    publishedPorts: v.optional(
      v.array(
        v.object({ hostAddress: v.string(), hostPort: v.number(), containerPort: v.number(), proto: v.string() }),
      ),
      [],
    ),
  }),
  status: v.object({
    state: v.picklist(['running', 'stopped', 'stopping', 'unknown']),
    startedDate: v.optional(v.string()),
    networks: v.optional(
      v.array(v.object({ ipv4Address: v.optional(v.string()), ipv4Gateway: v.optional(v.string()) })),
      [],
    ),
  }),
})

/** All containers, running or not; `list` orders them by chance, so they are sorted by name. */
export const listContainers: Operation<readonly ContainerRecord[]> = {
  argv: ['list', '--all', '--format', 'json'],
  does: 'list containers',
  // The command line itself gives up after 10 s.
  within: 12_000,
  parse: (stdout) =>
    v
      .parse(v.array(record), JSON.parse(stdout))
      .map(({ id, configuration, status }) => ({
        id,
        state: status.state,
        everStarted: status.startedDate !== undefined,
        image: configuration.image.reference,
        labels: configuration.labels,
        address: status.networks[0]?.ipv4Address?.split('/')[0],
        gateway: status.networks[0]?.ipv4Gateway,
        memoryBytes: configuration.resources.memoryInBytes,
        publishedPorts: configuration.publishedPorts,
        volumes: configuration.mounts.flatMap(({ type }) => type.volume?.name ?? []),
      }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
}
