import { existsSync } from 'node:fs'
import process from 'node:process'

/**
 * Why this machine cannot have real nodes, undefined when it can: they are containers of podman's, which
 * apt installs where it is missing; a Go to compile Kubernetes with is fetched.
 */
export function whyNoRealNodes(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'real nodes need Linux and root'
  if (!existsSync('/usr/bin/podman') && !existsSync('/usr/bin/apt-get'))
    return 'real nodes need podman, and there is no apt-get to install it'
  return undefined
}
