/** What a container may do unless it is told otherwise; the same in every release (reference: LinuxCapabilities of apple/containerization). */
const byDefault = (
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP ' +
  'NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
)
  .split(' ')
  .map((name) => `CAP_${name}`)

/** `--cap-drop ALL` empties, `--cap-add ALL` fills, single ones are added, single ones are dropped. */
export function grantedCapabilities(add: readonly string[], drop: readonly string[]): readonly string[] | 'all' {
  const single = drop.filter((name) => name !== 'ALL')
  if (add.includes('ALL')) {
    if (single.length === 0) return 'all'
    return everyCapability.filter((name) => !single.includes(name))
  }
  const base = drop.includes('ALL') ? [] : byDefault
  return [...new Set([...base, ...add])].filter((name) => !single.includes(name))
}

/** In the order of their numbers (linux/capability.h). */
const everyCapability = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
)
  .split(' ')
  .map((name) => `CAP_${name}`)

/** As setpriv wants a bounding set: `-all,+chown,...`. */
export function boundingSet(capabilities: readonly string[]): string {
  return ['-all', ...capabilities.map((name) => `+${name.replace('CAP_', '').toLowerCase()}`)].join(',')
}

export function isCapability(name: string): boolean {
  return name === 'ALL' || everyCapability.includes(name)
}
