/**
 * Node images by Kubernetes minor version, pinned by the digest of their index. Table of 2026-11-24.
 * A digest enters this table only after it was seen in the public source named beside it; the newest minor is the default.
 */
interface NodeImage {
  readonly minor: string
  readonly reference: string
  readonly source: string
}

const kind033 = 'kind v0.33.0, as pinned by educates (KubernetesVersionToKindImage)'
const kind032 = 'kind v0.32.0 release notes'

const table: readonly NodeImage[] = [
  {
    minor: '1.37',
    reference: 'docker.io/kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5',
    source: kind033,
  },
  {
    minor: '1.36',
    reference: 'docker.io/kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed',
    source: kind033,
  },
  {
    minor: '1.35',
    reference: 'docker.io/kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0',
    source: kind033,
  },
  {
    minor: '1.34',
    reference:
      'docker.io/kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d',
    source: kind033,
  },
  {
    minor: '1.33',
    reference:
      'docker.io/kindest/node:v1.33.12@sha256:3f5c8443c620245e4d355cfe09e96a91ead32ceaa569d3f1ca9edf0cb2fe2ff4',
    source: kind032,
  },
]

export const nodeImages = table

/** What a cluster runs when nobody says otherwise: the newest minor version of the table. */
export const defaultNodeImage: string = table[0]?.reference ?? ''

/**
 * The image for what a user calls a version: `1.35`, `v1.35` or the exact `v1.35.8`.
 * @returns undefined when the table has none.
 */
export function nodeImageFor(version: string): string | undefined {
  const wanted = version.replace(/^v/, '')
  return table.find(({ minor, reference }) => minor === wanted || reference.includes(`:v${wanted}@`))?.reference
}
