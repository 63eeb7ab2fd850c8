import process from 'node:process'

/** What of the Mac matters: 26 has networks and container to container traffic, 15 has one closed network. */
export function macOs(): 15 | 26 {
  return process.env['LAB_MACOS'] === '15' ? 15 : 26
}

/** The guest kernel by its release; kata's 6.12.28 of early releases has no nf_tables. */
export function kernelHasNfTables(): boolean {
  return !(process.env['LAB_KERNEL'] ?? '6.18.15').startsWith('6.12')
}
