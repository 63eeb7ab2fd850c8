import { cacheList } from './commands/cache-list.ts'
import { cachePath } from './commands/cache-path.ts'
import { cachePrune } from './commands/cache-prune.ts'
import { cachePull } from './commands/cache-pull.ts'
import { cacheVerify } from './commands/cache-verify.ts'
import { cacheWarm } from './commands/cache-warm.ts'
import { completion } from './commands/completion.ts'
import { configSchema } from './commands/config-schema.ts'
import { createCluster } from './commands/create-cluster.ts'
import { deleteCluster } from './commands/delete-cluster.ts'
import { deleteClusters } from './commands/delete-clusters.ts'
import { doctor } from './commands/doctor.ts'
import { exec } from './commands/exec.ts'
import { exportKubeconfig } from './commands/export-kubeconfig.ts'
import { exportLogs } from './commands/export-logs.ts'
import { getClusters } from './commands/get-clusters.ts'
import { getImages } from './commands/get-images.ts'
import { getKubeconfig } from './commands/get-kubeconfig.ts'
import { getNodes } from './commands/get-nodes.ts'
import { help } from './commands/help.ts'
import { loadDockerImage } from './commands/load-docker-image.ts'
import { loadImageArchive } from './commands/load-image-archive.ts'
import { loadImage } from './commands/load-image.ts'
import { status } from './commands/status.ts'
import { timings } from './commands/timings.ts'
import { version } from './commands/version.ts'
import type { Command } from './define-command.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  createCluster,
  deleteCluster,
  deleteClusters,
  getClusters,
  getNodes,
  getImages,
  getKubeconfig,
  exportKubeconfig,
  exportLogs,
  loadImage,
  loadDockerImage,
  loadImageArchive,
  status,
  doctor,
  exec,
  timings,
  cacheList,
  cachePull,
  cacheVerify,
  cachePrune,
  cachePath,
  cacheWarm,
  configSchema,
  completion,
  version,
  help,
]
