import { readFileSync } from 'node:fs'

/** A process that is told from a later one with the same number. */
export interface LiveProcess {
  readonly pid: number
  readonly startTime: string | undefined
}

/** Field 22 of proc(5); undefined when there is no such process, or only its remains. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

export function isAlive({ pid, startTime }: LiveProcess): boolean {
  return startTime !== undefined && startTimeOf(pid) === startTime
}
