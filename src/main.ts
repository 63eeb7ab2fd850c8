import process from 'node:process'

/** The fast path: what needs neither a host nor a cluster is answered before anything else is loaded. */
async function main(): Promise<void> {
  const argv = process.argv.slice(2)
  const { runQuickly } = await import('./cli/run-quickly.ts')
  if (await runQuickly(argv)) return
  const [{ createHost }, { runCli }, { KinaError }] = await Promise.all([
    import('./host/real-host.ts'),
    import('./cli/run-cli.ts'),
    import('./errors.ts'),
  ])
  const host = createHost()
  const abort = new AbortController()
  let signals = 0
  const onSignal = (): void => {
    signals++
    if (signals === 1) {
      abort.abort(
        new KinaError('interrupted', 'Interrupted', { hint: 'Once more to leave at once, without clearing up' }),
      )
      return
    }
    // Children live in their own process groups, so nobody else ends them.
    void host.processes.endAll().finally(() => process.exit(130))
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  process.exitCode = await runCli(argv, host, abort.signal)
}

await main()
