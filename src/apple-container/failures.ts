import { KinaError, type ErrorCode } from '../errors.ts'
import type { RunResult } from '../host/host.ts'

interface Known {
  readonly words: RegExp
  readonly code: ErrorCode
  readonly hint: string
  /** Said instead of the last line on stderr. */
  readonly summary?: string
}

const startService = 'Run "container system start --enable-kernel-install"'

const serviceDown = /XPC connection error|container system service has been started|Plugins are unavailable/

/** Every text of `container` that kina knows, most telling first. The only place where words on stderr are matched. */
const known: readonly Known[] = [
  {
    words: serviceDown,
    code: 'service-down',
    summary: 'the container service does not run',
    hint: startService,
  },
  {
    words: /default kernel not configured/,
    code: 'kernel-unsupported',
    hint: 'Run "container system kernel set --recommended"',
  },
  {
    words: /already exists|hostname\(s\) already exist/,
    code: 'name-taken',
    hint: 'See "container list --all"; choose another cluster name or remove that container yourself',
  },
  {
    words: /Permission denied while binding to host port|address already in use|\bbind(ing)?\b.*(failed|error)/i,
    code: 'port-taken',
    hint: 'Choose another host port, or stop what listens on it; ports below 1024 may be refused',
  },
  {
    words: /mount source path '.*' does not exist/,
    code: 'node-boot-failed',
    hint: 'Create the folder named under hostPath',
  },
  {
    words: /minimum memory amount allowed/,
    code: 'invalid-config',
    hint: 'Give the node more memory with --memory',
  },
  {
    words: /no content for platform|does not support required platforms|(^Error: |unsupported: ")platform \w+\/\w+/m,
    code: 'image-unavailable',
    hint: 'Use an image that has this platform',
  },
  {
    words: /image not found|failed to (pull|fetch)|pull failed|HTTP (4\d\d|5\d\d)|manifest unknown/,
    code: 'image-unavailable',
    hint: 'Check the reference and the network; "container registry login" gives credentials',
  },
  {
    words: /Rosetta Translation/,
    code: 'host-unsupported',
    hint: 'Run kina and container natively on Apple silicon',
  },
]

/** Of a call whose stderr may be that of a program in a node: the words are nobody else's. */
export function saysServiceDown({ exitCode, stderr }: Pick<RunResult, 'exitCode' | 'stderr'>): boolean {
  return exitCode !== 0 && serviceDown.test(stderr)
}

export function isMissing(result: RunResult): boolean {
  return /not found/.test(result.stderr)
}

export function isXpcTimeout(error: KinaError): boolean {
  return error.seen.some((line) => line.includes('XPC timeout'))
}

/** What a failed call means. @param does what was tried, as in "Cannot <does>". */
export function explain(does: string, result: RunResult, program: string): KinaError {
  const seen = [
    `$ ${result.argv.map(pasteable).join(' ')}`,
    ...result.stderr.trim().split('\n').filter(Boolean).slice(-10),
  ]
  if (result.ended === 'not-found') {
    return new KinaError('container-missing', `Cannot ${does}: there is no program "${program}"`, {
      seen,
      hint: 'Install it from https://github.com/apple/container/releases, or name it in KINA_CONTAINER',
    })
  }
  if (result.ended === 'timed-out') {
    return new KinaError('timed-out', `Cannot ${does}: no answer after ${Math.round(result.ms / 1000)} s`, {
      seen,
      hint: 'If other container commands hang too: "container system stop", then "container system start" (this stops everybody\'s containers)',
    })
  }
  if (result.ended === 'aborted') return new KinaError('interrupted', `Interrupted: ${does}`, { seen })
  const match = known.find(({ words }) => words.test(result.stderr))
  const summary = match?.summary ?? (saidLast(result.stderr) || `exit code ${result.exitCode}`)
  return new KinaError(match?.code ?? 'command-failed', `Cannot ${does}: ${summary}`, {
    seen,
    ...(match ? { hint: match.hint } : {}),
  })
}

/** The last error on stderr, or its last line where nothing is called one: usage and advice come behind the error. */
function saidLast(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return (lines.findLast((line) => line.startsWith('Error: ')) ?? lines.at(-1) ?? '').replace(/^Error: /, '')
}

/** A word as it could be pasted into a shell. */
export function pasteable(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
