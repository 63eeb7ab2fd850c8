import type { VolumeRecord } from '../../apple-container/apple-container.ts'
import { storedName } from '../../apple-container/stored-name.ts'
import { skipped, type Step } from '../../plan/plan.ts'
import type { CreateRun } from '../create-run.ts'
import { labelsOf } from '../names.ts'
import { replaceDisk, whyNoDisk } from '../prepared/clone-disk.ts'
import { findDisk, touchDisk, type PreparedDisk } from '../prepared/disk-folder.ts'
import { diskId, manifestFor } from '../prepared/disk-id.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

/**
 * Every node whose image has a prepared disk has a volume with a clone of it. What goes wrong here is told and no failure: the
 * node is made without.
 */
export function cloneDisks(spec: ClusterSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: 'clone-disks',
    title: 'Clone prepared disks',
    phase: 'nodes',
    needs,
    async run(run, signal) {
      const disks = await disksOf(run, spec, signal)
      const wanted = spec.nodes.flatMap((node) => {
        const disk = disks.get(node.image)
        const reason = disk && whyNoDisk(node, run.kina)
        if (reason !== undefined) tellPlain(run, node, reason)
        return disk && reason === undefined ? [{ node, disk }] : []
      })
      if (wanted.length === 0) return skipped('none is prepared for these nodes')
      try {
        await cloneAll(run, wanted, signal)
      } catch (error) {
        if (signal.aborted) throw error
        run.disks.clear()
        const reason = error instanceof Error ? error.message : String(error)
        for (const { node } of wanted) tellPlain(run, node, reason)
        return skipped('not possible')
      }
    },
  }
}

/** A node is made as if there were no prepared disks. */
export function tellPlain({ kina }: Pick<CreateRun, 'kina'>, node: NodeSpec, reason: string): void {
  kina.report({ kind: 'warning', message: `Create ${node.name} without its prepared disk: ${reason}` })
}

/** The prepared disk of each node image that has one. */
async function disksOf(
  { apple, kina, preparedFolder }: CreateRun,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PreparedDisk>> {
  const found = new Map<string, PreparedDisk>()
  if (preparedFolder === undefined) return found
  for (const image of new Set(spec.nodes.map((node) => node.image))) {
    const manifest = manifestFor(await apple.inspectImage(storedName(image), { signal }), spec.platform)
    const disk = manifest && (await findDisk(kina.host, preparedFolder, diskId({ manifest, platform: spec.platform })))
    if (!disk) continue
    found.set(image, disk)
    await touchDisk(kina.host, preparedFolder, disk.id)
  }
  return found
}

async function cloneAll(
  run: CreateRun,
  wanted: readonly { readonly node: NodeSpec; readonly disk: PreparedDisk }[],
  signal: AbortSignal,
): Promise<void> {
  const { apple, kina, spec } = run
  const names = new Map(wanted.map(({ node }) => [node.name, `${node.name}.${kina.run}`]))
  await Promise.all(
    wanted.map(({ node }) => {
      const labels = labelsOf({ cluster: spec.name, role: node.role, run: kina.run })
      // Without a journal: this disk is put aside before anybody uses it, and the clone has one.
      return apple.createVolume({ name: names.get(node.name) ?? '', labels, journal: false }, { signal })
    }),
  )
  const volumes = new Map((await apple.listVolumes({ signal })).map((its) => [its.name, its]))
  for (const { node, disk } of wanted) {
    const volume: VolumeRecord | undefined = volumes.get(names.get(node.name) ?? '')
    if (volume === undefined) tellPlain(run, node, 'its volume is not listed')
    else if (await replaceDisk(kina.host, volume.source, disk.path))
      run.disks.set(node.name, { id: disk.id, volume: volume.name })
    else tellPlain(run, node, `${volume.source} cannot be a clone of ${disk.path}`)
  }
}
