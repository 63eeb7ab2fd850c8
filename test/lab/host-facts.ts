import process from 'node:process'
import { emulatedRelease } from './versions.ts'

/** What of the Mac matters: 26 has networks and container to container traffic, 15 has one closed network. */
export function macOs(): 15 | 26 {
  return process.env['LAB_MACOS'] === '15' ? 15 : 26
}

/** Guest kernels that are found in the wild, by what `uname -r` says. */
const kernels: Readonly<Record<string, { readonly hasNfTables: boolean }>> = {
  // Installed by early releases, and kept by every upgrade since.
  '6.12.28': { hasNfTables: false },
  // Built from the configuration in apple/containerization: nf_tables, and no iptables of old.
  '6.18.5': { hasNfTables: true },
  '6.18.15': { hasNfTables: true },
  '6.18.35': { hasNfTables: true },
}

/** The kernel that is installed: LAB_KERNEL, else what this release installs where there is none. */
export function installedKernel(): string {
  const kernel = process.env['LAB_KERNEL'] ?? emulatedRelease().kernel
  if (!Object.hasOwn(kernels, kernel))
    throw new Error(`the lab knows the kernels ${Object.keys(kernels).join(', ')}, not ${kernel}`)
  return kernel
}

export function kernelHasNfTables(kernel: string): boolean {
  return kernels[kernel]?.hasNfTables ?? true
}
