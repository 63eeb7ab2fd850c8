/** The stand-in for `container`: one call. What it stands for, and what it cannot show, is in README.md. */
import { appendFileSync } from 'node:fs'
import process from 'node:process'
import { serviceIsUp, suffer, type Call } from './call.ts'
import { Failure, serviceDown, UsageFailure } from './failure.ts'
import { faultFor } from './faults.ts'
import { createGrammar, NotEmulated } from './create-options.ts'
import { otherAnswer, refuseLaterFlags } from './other-answers.ts'
import { countCall, labFiles } from './state.ts'
import { emulatedRelease, type Release } from './versions.ts'

const aliases: Readonly<Record<string, string>> = {
  ls: 'list',
  rm: 'delete',
  cp: 'copy',
  i: 'image',
  n: 'network',
  v: 'volume',
  s: 'system',
  r: 'registry',
  m: 'machine',
}

/** Commands of the real program that the lab does not stand for. */
const notEmulated = ['run', 'prune', 'export', 'build', 'builder', 'registry', 'machine', 'help']

/** What each command says it failed to do when the service does not answer. */
const withoutService: Readonly<Record<string, string>> = {
  create: 'failed to create container',
  start: 'failed to start container',
  stop: 'failed to stop container',
  kill: 'failed to kill container',
  delete: 'failed to delete container',
  exec: 'failed to get container',
  list: 'failed to list containers',
  inspect: 'failed to get container',
  logs: 'failed to get logs',
  image: 'failed to list images',
  network: 'failed to list networks',
  volume: 'failed to list volumes',
  copy: 'failed to get container',
  stats: 'failed to list containers',
}

async function main(argv: readonly string[]): Promise<number> {
  const log = process.env['LAB_LOG']
  if (log) appendFileSync(log, `${JSON.stringify(argv)}\n`)
  const release = emulatedRelease()
  const files = labFiles()
  const number = await countCall(files)
  const fault = await faultFor(files, number, argv)
  const call: Call = {
    files,
    release,
    fault,
    out: (text) => void process.stdout.write(fault?.answer ? otherAnswer(fault.answer, argv, text) : text),
    err: (text) => void process.stderr.write(text),
  }
  try {
    if (fault) await suffer(call, fault)
    if (fault?.answer === 'older') refuseLaterFlags(argv)
    return await dispatch(call, argv)
  } catch (error) {
    if (error instanceof UsageFailure) {
      call.err(
        `Error: ${error.message}\nUsage: container ${error.command} [<options>]\n  See 'container ${error.command} --help' for more information.\n`,
      )
      return 64
    }
    if (error instanceof NotEmulated) {
      call.err(`lab: not emulated: ${error.message}\n`)
      return 70
    }
    if (!(error instanceof Failure)) throw error
    for (const line of error.message.split(/\n(?=internalError)/)) call.err(`Error: ${line}\n`)
    return error.exitCode
  }
}

async function dispatch(call: Call, argv: readonly string[]): Promise<number> {
  const [word = '', ...rest] = argv
  const name = aliases[word] ?? word
  if (word === '--version') {
    call.out(`container CLI version ${call.release.version} (build: release, commit: ${call.release.commit})\n`)
    return 0
  }
  if ((name === 'create' || name === 'run') && (rest.includes('--help') || rest.includes('-h'))) {
    call.out(createHelp(name, call.release))
    return 0
  }
  if (word.startsWith('-')) throw new UsageFailure(`unknown option '${word}'`, '')
  const { hasNetworkCommand, network, system } = await import('./commands/system.ts')
  if (name === 'system') return await system(call, rest)
  const isCommand = Object.hasOwn(withoutService, name) && (name !== 'network' || hasNetworkCommand())
  if (notEmulated.includes(name) || call.release.newCommands.includes(name))
    throw new Failure(`lab: not emulated: ${name}`, 70)
  if (!serviceIsUp(call.files)) {
    if (!isCommand)
      throw new Failure(
        'Plugins are unavailable. Start the container system services and retry:\n\n    container system start',
        64,
      )
    throw serviceDown(withoutService[name] ?? '')
  }
  if (!isCommand) throw new Failure(`Plugin 'container-${word}' not found.`, 64)
  if (name === 'network') return network(call, rest)
  if (name === 'image') return await (await import('./commands/image.ts')).image(call, rest)
  if (name === 'exec') return await (await import('./commands/exec.ts')).exec(call, rest)
  if (name === 'volume') return await (await import('./commands/volume.ts')).volume(call, rest)
  if (name === 'copy') return await (await import('./commands/cp.ts')).cp(call, rest)
  if (name === 'stats') return await (await import('./commands/stats.ts')).stats(call, rest)
  const containers = await import('./commands/containers.ts')
  const commands: Readonly<Record<string, (call: Call, argv: readonly string[]) => Promise<number>>> = {
    create: containers.create,
    start: containers.start,
    stop: containers.stop,
    kill: containers.kill,
    delete: containers.remove,
    list: containers.list,
    inspect: containers.inspect,
    logs: containers.logs,
  }
  const run = commands[name]
  if (!run) throw new Error(`no code for the command ${name}`)
  return await run(call, rest)
}

function createHelp(name: 'create' | 'run', release: Release): string {
  const lines = createGrammar(name, release).flags.map(
    ({ long, short, value }) => `  ${short ? `-${short}, ` : ''}--${long}${value ? ` <${long}>` : ''}`,
  )
  return `OVERVIEW: ${name === 'run' ? 'Run a container' : 'Create a new container'}\n\nUSAGE: container ${name} [<options>] <image> [<arguments> ...]\n\nOPTIONS:\n${lines.join('\n')}\n  (--network <name>[,mac=XX:XX:XX:XX:XX:XX][,mtu=VALUE])\n`
}

process.exitCode = await main(process.argv.slice(2))
