import { existsSync } from 'node:fs'
import process from 'node:process'
import { which } from 'zx'

/**
 * Why this machine cannot have real nodes, undefined when it can: they are containers of podman's, which
 * apt installs where it is missing.
 */
export function whyNoRealNodes(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'real nodes need Linux and root'
  if (!existsSync('/usr/bin/podman') && !existsSync('/usr/bin/apt-get'))
    return 'real nodes need podman, and there is no apt-get to install it'
  if (!which.sync('go', { nothrow: true }))
    return 'real nodes need Go 1.26 or later to compile Kubernetes: https://go.dev/dl'
  return undefined
}
