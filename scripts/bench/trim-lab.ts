import { $ } from 'zx'
import { labDisk } from '../../test/lab/podman/place.ts'

/** Gives back what was removed in nodes and on the lab's disk. The files behind both keep it otherwise, gigabytes in a round of loads. */
export async function trimLab(): Promise<void> {
  const quiet = $({ quiet: true })
  const { stdout } = await quiet`findmnt --noheadings --list --types ext4,xfs --output TARGET`
  const places = stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((place) => `${place}/`.startsWith(`${labDisk}/`))
  // What lies on another is trimmed before it.
  for (const place of places.toReversed()) await quiet`fstrim ${place}`
}
