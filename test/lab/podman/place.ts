/** Where the lab's disk is: an XFS that can clone files, in one file of the machine. Made by `scripts/lab up`. */
import process from 'node:process'

export const labFolder = process.env['KINA_LAB_FOLDER'] ?? '/var/lib/kina-lab'

/** Mounted file system; every lab with real guests has its LAB_ROOT below it. */
export const labDisk = `${labFolder}/disk`

/** Unpacked images by digest, shared by all labs of the machine. */
export const imageDisks = `${labDisk}/images`

/** Archives as folders, so that every lab links to one copy of their blobs. */
export const layouts = `${labDisk}/layouts`

/** podman's name for the bridge with this gateway, `192.168.64.1`. */
export function networkName(gateway: string): string {
  return `kina-lab-${gateway.replaceAll('.', '-')}`
}
