import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Failure } from './failure.ts'
import type { FaultEffect } from './faults.ts'
import { isAlive, startTimeOf, type LiveProcess } from './live-process.ts'
import type { ServiceAnswer, ServiceCall, ServiceRequest } from './service.ts'
import { changeService, readService, type LabFiles } from './state.ts'
import type { Release } from './versions.ts'

/** One call of the program. */
export interface Call {
  readonly files: LabFiles
  readonly release: Release
  readonly fault: FaultEffect | undefined
  /** stdout and stderr, written at once. */
  out(text: string): void
  err(text: string): void
}

/** Has the service do something, in a process of its own that goes on when this one is killed. */
export async function ask({ files, fault }: Call, request: ServiceRequest): Promise<void> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/service.ts`], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.unref()
  noteServing(files, child.pid)
  child.stdin.end(JSON.stringify({ request, slowMs: fault?.slowMs ?? 0 } satisfies ServiceCall))
  if (fault?.die === 'before') {
    await new Promise((done) => child.stdin.once('finish', done))
    process.kill(process.pid, 'SIGKILL')
  }
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await new Promise((done) => child.once('close', done))
  if (fault?.die === 'after') process.kill(process.pid, 'SIGKILL')
  if (fault?.failAfter) throw new Failure(fault.failAfter.message, fault.failAfter.code ?? 1)
  const { error } = JSON.parse(text === '' ? '{"error":"internalError: \\"service ended\\""}' : text) as ServiceAnswer
  if (error !== undefined) throw new Failure(error)
}

/** What a fault does before the call itself begins. */
export async function suffer(call: Call, fault: FaultEffect): Promise<void> {
  if (fault.endCaller) process.kill(process.ppid, 'SIGKILL')
  if (fault.hang === 'client') {
    setInterval(() => undefined, 60_000)
    await new Promise(() => undefined)
  }
  if (fault.hang === 'service') await hangService(call.files)
  if (fault.loseService) {
    const { stopAll } = await import('./service.ts')
    // Nobody answers from the moment when it has gone; the guests go with it.
    await changeService(call.files, (state) => {
      state.up = false
    })
    await endService(call.files)
    await stopAll(call.files)
  }
  if (fault.fail) throw new Failure(fault.fail.message, fault.fail.code ?? 1)
}

/** Processes in which the service is at work, or hangs. */
function servingPath({ root }: LabFiles): string {
  return join(root, 'serving.jsonl')
}

function noteServing(files: LabFiles, pid = 0): void {
  appendFileSync(servingPath(files), `${JSON.stringify({ pid, startTime: startTimeOf(pid) } satisfies LiveProcess)}\n`)
}

async function hangService(files: LabFiles): Promise<void> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/hold-lock.ts`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  noteServing(files, child.pid)
  await new Promise((done) => child.stdout.once('data', done))
  child.stdout.destroy()
  child.unref()
}

/** Ends the service with all that it is at work on or waits to do: nothing of that is done after a restart. */
export async function endService(files: LabFiles): Promise<void> {
  if (!existsSync(servingPath(files))) return
  const serving = readFileSync(servingPath(files), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LiveProcess)
  rmSync(servingPath(files), { force: true })
  for (const its of serving) if (isAlive(its)) process.kill(its.pid, 'SIGKILL')
  while (serving.some(isAlive)) await new Promise((done) => setTimeout(done, 2))
}

export function serviceIsUp(files: LabFiles): boolean {
  return readService(files).up
}
