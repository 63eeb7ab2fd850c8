/** What the control groups of a guest say it has used, in version 1 and 2. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Guest, Usage } from '../backend.ts'
import { initOf, networkBytes, processesOf } from '../guest-process.ts'

const root = '/sys/fs/cgroup'

export function usage(guest: Guest): Usage | undefined {
  const init = initOf(guest)
  if (init === undefined) return undefined
  return {
    ...(existsSync(join(root, 'cgroup.controllers')) ? usageOfTwo(init) : usageOfOne(init)),
    numProcesses: processesOf(init).length,
    ...networkBytes(init),
  }
}

/** The container's group, above those that systemd makes in it. */
function groupOf(init: number, controller: string): string {
  const [, path = '/'] =
    new RegExp(`:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)`).exec(readFileSync(`/proc/${init}/cgroup`, 'utf8')) ?? []
  return path.replace(/\/init\.scope$/, '')
}

function number(path: string): number {
  return Number(readFileSync(path, 'utf8').trim())
}

function usageOfOne(init: number): Pick<Usage, 'cpuUsageUsec' | 'memoryUsageBytes'> {
  return {
    cpuUsageUsec: Math.round(number(join(root, 'cpuacct', groupOf(init, 'cpuacct'), 'cpuacct.usage')) / 1000),
    memoryUsageBytes: number(join(root, 'memory', groupOf(init, 'memory'), 'memory.usage_in_bytes')),
  }
}

function usageOfTwo(init: number): Pick<Usage, 'cpuUsageUsec' | 'memoryUsageBytes'> {
  const group = join(root, groupOf(init, ''))
  const [, usec = '0'] = /^usage_usec (\d+)$/m.exec(readFileSync(join(group, 'cpu.stat'), 'utf8')) ?? []
  return { cpuUsageUsec: Number(usec), memoryUsageBytes: number(join(group, 'memory.current')) }
}
