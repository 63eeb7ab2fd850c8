import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect } from 'vitest'
import { makeLab, type Lab, type Outcome } from './cluster-fixture.ts'

const before =
  '# mine\napiVersion: v1\nkind: Config\ncurrent-context: home\ncontexts: [{name: home, context: {cluster: home, user: me}}]\nclusters: []\nusers: []\n'

/** A lab for commands that are spoiled, with a kubeconfig that must come out of it as it went in. */
export interface FaultLab extends Lab {
  /** Runs the binary, also while coverage is counted: it can be killed, and several can run at once. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>
  mustSucceed(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<void>
  /** Names of all containers, a line each. */
  left(): Promise<string>
  /** Nothing is left: no container, no lock, no temporary file; the kubeconfig is as it was, byte for byte. */
  expectClean(): Promise<void>
}

export async function makeFaultLab(): Promise<FaultLab> {
  return await faultLabOf(await makeLab())
}

/** The same of a lab that is there, such as one with real nodes. */
export async function faultLabOf<L extends Lab>(lab: L): Promise<FaultLab & L> {
  await mkdir(dirname(lab.kubeconfig), { recursive: true })
  await writeFile(lab.kubeconfig, before)
  const run: FaultLab['run'] = (words, env = {}) => lab.start(words, { env }).ended
  const left = async (): Promise<string> => (await lab.container(['list', '--all', '--quiet'])).stdout
  return {
    ...lab,
    run,
    async mustSucceed(words, env) {
      const { exitCode, stderr } = await run(words, env)
      if (exitCode !== 0) throw new Error(`${words.join(' ')}: exit code ${exitCode}\n${stderr}`)
    },
    left,
    async expectClean() {
      expect(await left()).toBe('')
      expect(await readFile(lab.kubeconfig, 'utf8')).toBe(before)
      expect(await readdir(dirname(lab.kubeconfig))).toEqual(['config'])
      expect(await readdir(`${lab.home}/state/locks`)).toEqual([])
    },
  }
}

/**
 * A KINA_TIMEOUT_SCALE for runs in which something hangs. The shortest deadline, that of a list, is 12 s: it must hold twenty
 * calls, however slow this machine is.
 */
export async function scaleForHangs(): Promise<string> {
  const lab = await makeLab()
  const started = performance.now()
  for (let round = 0; round < 3; round++) await lab.container(['list', '--all'])
  const ms = (performance.now() - started) / 3
  await lab.remove()
  return Math.min(1, Math.max(0.1, (20 * ms) / 12_000)).toFixed(2)
}
