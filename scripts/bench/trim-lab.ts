import { mounts } from '../../test/lab/podman/mounts.ts'
import { labDisk } from '../../test/lab/podman/place.ts'
import { run } from '../../test/lab/podman/run.ts'

/** Gives back what was removed in nodes and on the lab's disk. The files behind both keep it otherwise, gigabytes in a round of loads. */
export async function trimLab(): Promise<void> {
  const disks = mounts().filter(
    ({ path, type }) => `${path}/`.startsWith(`${labDisk}/`) && ['ext4', 'xfs'].includes(type),
  )
  // What lies on another is trimmed before it.
  for (const { path } of disks.toReversed()) await run('fstrim', path)
}
