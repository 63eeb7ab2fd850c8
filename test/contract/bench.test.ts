import { spawn } from 'node:child_process'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { memoryBelow } from '../../scripts/bench/cluster-memory.ts'
import { watch } from '../../scripts/bench/watch-process.ts'

/** What the benchmarks read from /proc. */

const env = { PATH: process.env['PATH'] ?? '' }
/** Takes a buffer of 64 MiB, and uses it often enough to be seen. */
const large = 'dd if=/dev/zero of=/dev/null bs=64M count=20 2>/dev/null'

describe('watch()', () => {
  it("counts a program's own memory and CPU time, and not those of its children", async () => {
    const itself = await watch(['sh', '-c', `exec ${large}`], env)
    const parent = await watch(['sh', '-c', `${large}; exit 0`], env)
    expect(itself.peakBytes).toBeGreaterThan(64 * 1024 ** 2)
    expect(parent.peakBytes).toBeLessThan(32 * 1024 ** 2)
    expect(itself.cpuSeconds).toBeGreaterThan(parent.cpuSeconds)
  })

  it('gives stdin and returns stdout', async () => {
    expect((await watch(['cat'], env, 'hello')).stdout).toBe('hello')
  })

  it('fails as the program does, with all that it said', async () => {
    await expect(watch(['sh', '-c', 'echo out; echo err >&2; exit 3'], env)).rejects.toThrow(
      /ended with 3:\n(out\nerr|err\nout)/,
    )
    await expect(watch(['/no/such/program'], env)).rejects.toThrow(/ENOENT/)
  })
})

describe('memoryBelow()', () => {
  it('counts a process and all that descend from it', async () => {
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const child = Number(await new Promise<Buffer>((done) => parent.stdout.once('data', done)))
    try {
      const all = memoryBelow([parent.pid ?? 0])
      expect(memoryBelow([child])).toBeGreaterThan(0)
      expect(all).toBeGreaterThan(memoryBelow([child]))
      expect(memoryBelow([])).toBe(0)
    } finally {
      process.kill(child)
      parent.kill()
    }
  })
})
