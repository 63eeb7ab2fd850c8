import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Failure } from './failure.ts'
import { hostPlatform } from './store/platform.ts'
import { readService, type LabFiles } from './state.ts'
import { emulatedRelease } from './versions.ts'

/** What of the Mac matters: 26 has networks and container to container traffic, 15 has one closed network. */
export function macOs(): 15 | 26 {
  return process.env['LAB_MACOS'] === '15' ? 15 : 26
}

/** Guest kernels that are found in the wild, by what `uname -r` says. */
const kernels: Readonly<Record<string, { readonly file: string; readonly hasNfTables: boolean }>> = {
  // Installed by early releases, and kept by every upgrade since.
  '6.12.28': { file: 'vmlinux-6.12.28-153', hasNfTables: false },
  // Built from the configuration in apple/containerization: nf_tables, and no iptables of old.
  '6.18.5': { file: 'vmlinux-6.18.5', hasNfTables: true },
  '6.18.15': { file: 'vmlinux-6.18.15-186', hasNfTables: true },
  '6.18.35': { file: 'vmlinux-6.18.35-197-debug', hasNfTables: true },
}

/**
 * The kernel that is installed: LAB_KERNEL, else what this release installs. With LAB_KERNEL=none there is none until the service
 * is started with leave to install one; a start never replaces one. @throws Failure as a create and a start then do.
 */
export function installedKernel(files: LabFiles): string {
  const kernel = findKernel(files)
  if (kernel !== undefined) return kernel
  throw new Failure(
    `default kernel not configured for architecture ${hostPlatform().architecture}, please use the \`container system kernel set\` command to configure it`,
  )
}

function findKernel(files: LabFiles): string | undefined {
  const wanted = process.env['LAB_KERNEL'] ?? emulatedRelease().kernel
  if (wanted === 'none') return readService(files).installedKernel
  if (!Object.hasOwn(kernels, wanted))
    throw new Error(`the lab knows the kernels ${Object.keys(kernels).join(', ')} and none, not ${wanted}`)
  return wanted
}

/** The service's folder of kernels: a link with the architecture in its name leads to the one that is booted. */
export function writeKernelFolder(files: LabFiles): void {
  const folder = join(files.root, 'kernels')
  const link = join(folder, `default.kernel-${hostPlatform().architecture}`)
  const kernel = findKernel(files)
  mkdirSync(folder, { recursive: true })
  rmSync(link, { force: true })
  if (kernel === undefined) return
  const file = join(folder, kernels[kernel]?.file ?? kernel)
  if (!existsSync(file)) writeFileSync(file, '')
  symlinkSync(file, link)
}

export function kernelHasNfTables(kernel: string): boolean {
  return kernels[kernel]?.hasNfTables ?? true
}
