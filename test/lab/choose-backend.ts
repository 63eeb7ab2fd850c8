import process from 'node:process'
import type { Backend, Guest } from './backend.ts'
import type { ContainerState, LabFiles } from './state.ts'

export async function chooseBackend(): Promise<Backend> {
  const wanted = process.env['LAB_BACKEND'] ?? 'simulated'
  if (wanted !== 'simulated') throw new Error(`LAB_BACKEND is ${wanted}, the lab has: simulated`)
  const { simulatedBackend } = await import('./simulated/backend.ts')
  return simulatedBackend()
}

export function guestOf(files: LabFiles, state: ContainerState): Guest {
  return {
    id: state.id,
    folder: `${files.guests}/${state.id}`,
    imageReference: state.image.reference,
    hostname: state.id,
    mounts: state.mounts.map(({ source, destination, options }) => ({
      source,
      target: destination,
      readOnly: options.includes('ro'),
    })),
  }
}
