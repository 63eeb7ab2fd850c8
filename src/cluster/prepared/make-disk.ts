import type { AppleContainer } from '../../apple-container/apple-container.ts'
import { KinaError } from '../../errors.ts'
import type { GuestProgram } from '../../guest/program.ts'
import { fillDisk, fillEtcd, sealDisk } from '../../guest/programs.ts'
import type { RunResult } from '../../host/host.ts'
import { sweepOwnerFiles, takeOwnerFile, thisProcess } from '../../host/owner-file.ts'
import type { Kina } from '../kina.ts'
import { labels } from '../names.ts'
import { diskPlace } from './clone-disk.ts'
import { keepDisk, type PreparedDisk } from './disk-folder.ts'

interface Making {
  readonly apple: AppleContainer
  /** Where prepared disks are kept. */
  readonly folder: string
  readonly id: string
  /** Node image, which is in the store of `container`. */
  readonly image: string
  readonly platform: string
}

/** What makes a disk carries this role and no cluster: no command takes it for a node. */
const role = 'preparation'

/**
 * Makes a prepared disk in a container of the node image that is there for nothing else, and that is gone afterwards whatever
 * happens. What a killed run has left of it is removed first.
 * @throws KinaError `cache-unusable` where it cannot be kept, `cluster-locked` while another kina makes the same one.
 */
export async function makeDisk(kina: Kina, making: Making): Promise<PreparedDisk> {
  const { host, run } = kina
  const { folder, id } = making
  await host.files.makeFolder(folder)
  const path = `${folder}/${id}.lock`
  const own = await thisProcess(host, { run, command: 'cache warm' })
  const taken = await takeOwnerFile(host, path, own)
  if (!taken.isTaken) {
    throw new KinaError('cluster-locked', `Cannot prepare a disk of "${making.image}": another kina is at it`, {
      seen: [`process ${taken.owner.pid}: ${taken.owner.command}, run ${taken.owner.run}`],
      hint: 'Wait until it has ended, or interrupt it',
    })
  }
  try {
    await sweepOwnerFiles(host, path, own)
    const name = `kina-${role}-${id.slice(0, 12)}`
    await removeMaker(making.apple, name, kina.signal, kina.deadlines.delete)
    try {
      return await fillAndKeep(kina, making, name)
    } finally {
      await removeMaker(making.apple, name, AbortSignal.timeout(kina.deadlines.undo), kina.deadlines.delete)
    }
  } finally {
    await host.files.remove(path)
  }
}

async function fillAndKeep(
  kina: Kina,
  { apple, folder, id, image, platform }: Making,
  name: string,
): Promise<PreparedDisk> {
  const { signal, deadlines, report } = kina
  const its = { [labels.role]: role, [labels.run]: kina.run }
  await apple.createVolume({ name, labels: its, journal: true }, { signal })
  await apple.create(
    {
      name,
      image,
      platform,
      labels: its,
      env: {},
      inheritedEnv: {},
      cpus: 4,
      memoryBytes: 2 * 1024 ** 3,
      mounts: [{ source: name, target: diskPlace, readOnly: false }],
      publish: [],
      // Not even systemd: whatever a booting node writes for itself must not be on the disk.
      runs: { program: '/usr/bin/sleep', words: ['infinity'] },
    },
    { signal, within: deadlines.create },
  )
  await apple.start(name, { signal, within: deadlines.start })
  const runProgram = (program: GuestProgram, ...args: readonly string[]): Promise<RunResult> =>
    apple.exec(name, ['bash', '-c', program.text, program.name, ...args], { signal, within: deadlines.prepareDisk })
  const filled = await runProgram(fillDisk)
  if (filled.exitCode !== 0) throw cannotPrepare(image, filled)
  const etcd = await runProgram(fillEtcd)
  if (etcd.exitCode !== 0) {
    report({
      kind: 'warning',
      message: `Prepare ${image} without etcd's first content: ${lastLines(etcd).join('; ')}`,
    })
  }
  const sealed = await runProgram(sealDisk, id)
  const [, kubernetes] = /^version (v\S+)$/m.exec(sealed.stdout) ?? []
  if (sealed.exitCode !== 0 || kubernetes === undefined) throw cannotPrepare(image, sealed)
  const volume = (await apple.listVolumes({ signal })).find((each) => each.name === name)
  // The machine ends before its disk is cloned: then nobody writes to it any more.
  await apple.remove([name], { signal, within: deadlines.delete })
  const kept = volume && (await keepDisk(kina.host, folder, { id, source: volume.source, image, kubernetes }))
  if (kept) return kept
  throw new KinaError('cache-unusable', `Cannot keep a prepared disk in "${folder}"`, {
    seen: [`a clone of ${volume?.source ?? 'a volume that is not listed'} cannot be made there`],
    hint: 'The cache has to be on the same APFS volume as the data of container; name another folder in KINA_CACHE_DIR',
  })
}

function cannotPrepare(image: string, finished: RunResult): KinaError {
  return new KinaError('node-command-failed', `Cannot prepare a disk of "${image}": exit code ${finished.exitCode}`, {
    seen: lastLines(finished),
    hint: 'Clusters are made without prepared disks meanwhile; check that the image is a kindest/node image',
  })
}

const lastLines = ({ stderr }: RunResult): readonly string[] => stderr.trim().split('\n').slice(-20)

/** Only what carries the role: a container or a volume of somebody else with this name stays, and the next step says so. */
async function removeMaker(apple: AppleContainer, name: string, signal: AbortSignal, within: number): Promise<void> {
  const isIts = (its: { readonly labels: Readonly<Record<string, string>> }): boolean =>
    its.labels[labels.role] === role
  const containers = (await apple.list({ signal })).filter((its) => its.id === name && isIts(its))
  if (containers.length > 0) await apple.remove([name], { signal, within })
  const volumes = (await apple.listVolumes({ signal })).filter((its) => its.name === name && isIts(its))
  if (volumes.length > 0) await apple.deleteVolumes([name], { signal, within })
}
