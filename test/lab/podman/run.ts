import { execFile } from 'node:child_process'

/** Nothing that the lab asks of the machine may hang for good. */
const deadlineMs = 120_000

/** Runs a program of the machine to its end. @returns stdout. @throws with what it said on stderr. */
export async function run(file: string, ...words: readonly string[]): Promise<string> {
  return await runWithin(deadlineMs, file, ...words)
}

/** The same with another deadline, milliseconds. */
export async function runWithin(timeout: number, file: string, ...words: readonly string[]): Promise<string> {
  return await new Promise((done, fail) => {
    execFile(
      file,
      [...words],
      { timeout, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) fail(new Error(`${file} ${words.join(' ')}: ${error.message}\n${stderr}`))
        else done(stdout)
      },
    )
  })
}

export async function podman(...words: readonly string[]): Promise<string> {
  return await run('podman', '--runtime', 'runc', ...words)
}
