import process from 'node:process'
import type { Backend, Guest } from './backend.ts'
import { grantedCapabilities } from './capabilities.ts'
import type { ContainerState, LabFiles } from './state.ts'

export async function chooseBackend(): Promise<Backend> {
  const wanted = process.env['LAB_BACKEND'] ?? 'simulated'
  if (wanted === 'podman') return (await import('./podman/backend.ts')).podmanBackend()
  if (wanted !== 'simulated') throw new Error(`LAB_BACKEND is ${wanted}, the lab has: simulated, podman`)
  const { simulatedBackend } = await import('./simulated/backend.ts')
  return simulatedBackend()
}

export function guestOf(files: LabFiles, state: ContainerState): Guest {
  return {
    id: state.id,
    folder: `${files.guests}/${state.id}`,
    root: files.root,
    manifest: state.image.manifest,
    capabilities: grantedCapabilities(state.capAdd, state.capDrop),
    cpus: state.cpus,
    memoryInBytes: state.memoryInBytes,
    environment: state.environment,
    argv: [state.executable, ...state.arguments],
    hostname: state.id,
    address: state.address,
    mounts: state.mounts.map(({ source, destination, options, volume }) => ({
      isVolume: volume !== undefined,
      source,
      target: destination,
      readOnly: options.includes('ro'),
    })),
  }
}
