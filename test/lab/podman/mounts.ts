import { readFileSync } from 'node:fs'

/** As this process sees it, whoever made it. */
export interface Mount {
  readonly path: string
  /** `ext4` */
  readonly type: string
}

/** In the order in which they were made: what lies on another comes after it. */
export function mounts(): readonly Mount[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, path = '', type = ''] = line.split(' ')
      return { path, type }
    })
}
