import { basename } from 'node:path'
import type { Scene } from './scene.ts'

/**
 * The file of the kernel that new containers boot, `vmlinux-6.18.15-186`: the link `default.kernel-arm64` in the service's folder.
 * @returns `none` where the folder has no such link, undefined where it cannot be seen: without a service, or without a folder.
 */
export async function installedKernel({ kina: { host }, dataFolder }: Scene): Promise<string | undefined> {
  const root = await dataFolder()
  const folder = `${root.replace(/\/$/, '')}/kernels`
  if (root === '' || (await host.files.kindOf(folder)) !== 'folder') return undefined
  const name = `default.kernel-${host.platform.arch}`
  if (!(await host.files.list(folder)).includes(name)) return 'none'
  return basename(await host.files.realPath(`${folder}/${name}`))
}
