/** What is measured of each tool in each round: seconds from the start of the create, seconds of the delete, seconds, bytes. */
export type Measured = Readonly<Record<keyof typeof measures, number>>

/** What one round tells. */
export interface Round {
  readonly kind: Measured
  readonly kina: Measured
  /** Seconds of `container delete --force` for the nodes of a cluster of kina's. */
  readonly bareDelete: number
}

interface Measure {
  readonly title: string
  readonly unit: 's' | 'MB'
  /** Largest ratio of kina to kind that is good enough, by number of nodes. */
  readonly budget?: Readonly<Record<number, number>>
  /** Why the ratio flatters or wrongs one of the two. */
  readonly unfair?: string
}

/** Rows of the comparison, in their order. */
export const measures = {
  returned: { title: 'the command has returned', unit: 's' },
  ready: { title: 'all nodes are Ready', unit: 's', budget: { 1: 0.35, 3: 0.5 } },
  dns: { title: 'CoreDNS is rolled out', unit: 's', budget: { 1: 0.5 } },
  firstPod: { title: 'the first pod of a Deployment runs', unit: 's', budget: { 1: 0.5 } },
  deleted: {
    title: 'delete',
    unit: 's',
    budget: { 1: 0.1, 3: 0.1 },
    unfair: "flatters kina: kind waits out podman's 10 s stop time-out",
  },
  cpu: {
    title: "the tool's own CPU time in a create",
    unit: 's',
    unfair: 'programs that the tool runs are not counted, and kind leaves more to them (podman) than kina does',
  },
  peak: {
    title: "the tool's own peak memory in a create",
    unit: 'MB',
    unfair: 'as for CPU time',
  },
  rest: {
    title: 'memory of the cluster at rest (PSS)',
    unit: 'MB',
    unfair:
      "wrongs kina: kind's nodes share the pages of one image, kina's have a disk each; on a Mac a kernel each comes on top",
  },
} as const satisfies Readonly<Record<string, Measure>>

/** Budgets of a create from prepared disks, which take the place of those above. */
export const preparedBudgets: Readonly<Partial<Record<keyof typeof measures, Readonly<Record<number, number>>>>> = {
  ready: { 1: 0.25, 3: 0.3 },
  dns: { 1: 0.35 },
  firstPod: { 1: 0.35 },
  deleted: { 1: 0.1, 3: 0.1 },
}

export const measureNames = Object.keys(measures) as readonly (keyof typeof measures)[]

/** The row of a measure as its users see it: `budget` and `unfair` may be missing. */
export function measureOf(name: keyof typeof measures): Measure {
  return measures[name]
}
