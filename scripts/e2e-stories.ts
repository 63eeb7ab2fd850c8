/** Which files of test/e2e run when. Every file is on one of the two lists, so that none is left out unseen. */
import { readdirSync } from 'node:fs'

/** In every run: minutes on two cores, one node image. */
const always = [
  'one-node',
  'three-nodes',
  'networking',
  'clusters',
  'faults',
  'full-disk',
  'evidence',
  'labs',
  'prepared',
] as const

/** Only with `--all`: what needs a second node image, or takes long. */
const withAll = ['releases', 'load', 'load-killed', 'node-image-cache', 'as-kind', 'fault-sample', 'lab-down'] as const

/** @throws when a file is on no list, or on one and not there. */
export function storyFiles({ all }: { readonly all: boolean }): readonly string[] {
  const listed = [...always, ...withAll].map((name) => `${name}.test.ts`).toSorted()
  const found = readdirSync('test/e2e').filter((name) => name.endsWith('.test.ts'))
  if (listed.join() !== found.toSorted().join())
    throw new Error(`scripts/e2e-stories.ts lists ${listed.join(', ')}; test/e2e has ${found.join(', ')}`)
  return (all ? [...always, ...withAll] : always).map((name) => `test/e2e/${name}.test.ts`)
}

/** Kubernetes versions whose node images the stories need. */
export function storyVersions({ all }: { readonly all: boolean }): readonly string[] {
  return all ? ['1.37', '1.35'] : ['1.37']
}

/** One file after the other, since the machine has few cores; room for one that is five times slower than a good one. */
export const storyOptions = ['--no-file-parallelism', '--testTimeout=600000', '--hookTimeout=900000'] as const
