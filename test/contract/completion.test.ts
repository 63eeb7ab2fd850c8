import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import { commands } from '../../src/cli/command-table.ts'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'
import { findShell, typeInto } from '../support/shells.ts'

/** Words of the command table, so that a new command needs no change here. */
const first = [...new Set(commands.map(({ name }) => name[0] ?? ''))].toSorted()
const afterGet = commands.filter(({ name }) => name[0] === 'get').map(({ name }) => name[1] ?? '')

/** What is typed, and the words that it comes to; every shell has to give the same. */
const cases: readonly (readonly [typed: string, completed: readonly string[]])[] = [
  ['kina ', first],
  ['kina get ', afterGet.toSorted()],
  ['kina get n', afterGet.filter((word) => word.startsWith('n'))],
  ['kina status --ou', ['--output']],
  ['kina status --output ', ['json', 'name', 'table', 'yaml']],
  ['kina status -o j', ['json']],
  ['kina delete cluster ', ['one', 'other.two']],
  ['kina status --name o', ['one', 'other.two']],
  ['kina exec ', ['one-control-plane', 'one-worker', 'other.two-control-plane']],
  ['kina exec one-w', ['one-worker']],
  ['kina create cluster --config clu', ['cluster file.yaml']],
  ['kina export logs fol', ['folder']],
]

describe('completion in real shells', () => {
  let lab: Lab
  let env: Record<string, string> = {}
  beforeAll(async () => {
    lab = await makeLab()
    // Names are read off labels; nothing has to run.
    for (const [cluster, role] of [
      ['one', 'control-plane'],
      ['one', 'worker'],
      ['other.two', 'control-plane'],
    ]) {
      const labels = [`--label=io.kina.cluster=${cluster}`, `--label=io.kina.role=${role}`]
      const made = await lab.container(['create', `--name=${cluster}-${role}`, ...labels, defaultNodeImage])
      expect(made.exitCode).toBe(0)
    }
    await mkdir(join(lab.home, 'bin'))
    await symlink(process.env['KINA_BINARY'] ?? resolve('dist/kina'), join(lab.home, 'bin/kina'))
    await mkdir(join(lab.home, 'folder'))
    await writeFile(join(lab.home, 'cluster file.yaml'), '')
    const path = `${join(lab.home, 'bin')}:${lab.env['PATH'] ?? ''}`
    env = { ...lab.env, PATH: path, TERM: 'dumb', XDG_CONFIG_HOME: lab.home, XDG_DATA_HOME: lab.home }
  })
  afterAll(() => lab.remove())

  /** Control-T: complete with all there is. Control-O: show the line, empty it. */
  const keysFor = (typed: string): string => `${typed}\u0014\u000F`
  /** What was put in place of the word that was being typed. Blanks in names are behind a backslash. */
  const completed = (typed: string, line: string): readonly string[] =>
    line
      .slice(typed.lastIndexOf(' ') + 1)
      .trim()
      .split(/(?<!\\) +/)
      .map((word) => word.replaceAll('\\', '').replace(/\/$/, ''))
      .toSorted()

  it('asks kina, which answers with words, their meanings and what is left to the shell', async () => {
    const ask = (...words: readonly string[]): ReturnType<Lab['kina']> =>
      lab.kina(['completion', 'words', '--', ...words])
    const meant = await ask('get', 'no')
    expect(meant.stdout).toMatch(/^nodes\t\S/)
    expect((await ask('exec', '')).stdout.split('\n').map((line) => line.split('\t')[0])).toEqual(
      expect.arrayContaining(['one-control-plane', 'one-worker', 'other.two-control-plane']),
    )
    expect((await ask('status', '--name=o')).stdout).toContain('--name=one\t')
    expect((await ask('create', 'cluster', '--config', '')).stdout).toContain(':files\n')
    for (const shell of ['bash', 'zsh', 'fish'])
      expect((await lab.kina(['completion', shell])).stdout).toContain('kina')
    expect((await lab.kina(['completion', 'tcsh'])).exitCode).toBe(2)
  })

  it('gives no names where container does not answer, and no error', async () => {
    const nowhere = { KINA_CONTAINER: '/nowhere/container' }
    const { exitCode, stdout, stderr } = await lab.kina(['completion', 'words', '--', 'exec', ''], { env: nowhere })
    expect(`${exitCode} ${stderr}`).toBe('0 ')
    expect(stdout).not.toContain('one-worker')
  })

  it('bash', async () => {
    const { program } = findShell('bash')
    const setup = join(lab.home, 'bashrc')
    await writeFile(
      setup,
      `PS1=''
bind 'set enable-bracketed-paste off'
bind '"\\C-t": insert-completions'
show() { printf '[[%s]]\\n' "$READLINE_LINE"; READLINE_LINE=''; }
bind -x '"\\C-o": show'
eval "$(kina completion bash)"
echo '[[ready]]'
`,
    )
    const argv = [program, '--noprofile', '--rcfile', setup, '-i']
    const withEquals = [...cases, ['kina status --output=j', ['json']]] as const
    const answers = await typeInto(
      argv,
      withEquals.map(([typed]) => keysFor(typed)),
      { env, cwd: lab.home },
    )
    for (const [index, [typed, words]] of withEquals.entries()) {
      const line = answers[index] ?? ''
      const its = typed.includes('=') ? line.replace(/^.*=/, '') : completed(typed, line).join(' ')
      expect(`${typed}: ${its.trim()}`).toBe(`${typed}: ${words.join(' ')}`)
    }
  })

  it('zsh', async () => {
    const shell = findShell('zsh')
    const functions = `${shell.root}/usr/share/zsh/functions`
    const own =
      shell.root === undefined ? '' : `fpath=(${functions}/**/*(/N)); module_path=(${shell.root}/usr/lib/*/zsh/*(/N))`
    await writeFile(
      join(lab.home, '.zshrc'),
      `setopt extendedglob; ${own}
PS1=''
autoload -Uz compinit && compinit -u -D
eval "$(kina completion zsh)"
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
bindkey '^T' all-matches
show() { print -r -- "[[$BUFFER]]"; BUFFER='' }
zle -N show
bindkey '^O' show
zle-line-init() { print '[[ready]]'; zle -D zle-line-init }
zle -N zle-line-init
`,
    )
    const all = { ...env, ...shell.env, ZDOTDIR: lab.home }
    const answers = await typeInto(
      [shell.program, '-d', '-i'],
      cases.map(([typed]) => keysFor(typed)),
      {
        env: all,
        cwd: lab.home,
      },
    )
    for (const [index, [typed, words]] of cases.entries())
      expect(`${typed}: ${completed(typed, answers[index] ?? '').join(' ')}`).toBe(`${typed}: ${words.join(' ')}`)
  })

  it('fish', async () => {
    const shell = findShell('fish')
    const share = shell.root === undefined ? '' : `set fish_function_path ${shell.root}/usr/share/fish/functions`
    for (const [typed, words] of cases) {
      const script = `${share}; kina completion fish | source; complete -C '${typed}'`
      const stdout = execFileSync(shell.program, ['--no-config', '-c', script], {
        env: { ...env, ...shell.env },
        cwd: lab.home,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const found = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => (line.split('\t')[0] ?? '').replaceAll('\\', '').replace(/\/$/, ''))
      expect(`${typed}: ${found.toSorted().join(' ')}`).toBe(`${typed}: ${words.join(' ')}`)
    }
  })

  it('offers no names, and says nothing, where container does not answer', async () => {
    await lab.container(['system', 'stop'])
    const { exitCode, stdout, stderr } = await lab.kina(['completion', 'words', '--', 'status', ''])
    expect([exitCode, stdout, stderr]).toEqual([0, '', ''])
  })

  it('refuses a shell that it does not know', async () => {
    const { exitCode, stderr } = await lab.kina(['completion', 'powershell'])
    expect(stderr).toContain('Name one of bash, zsh, fish')
    expect(exitCode).toBe(2)
  })

  it('is that of kind when it is called kind', async () => {
    const { stdout } = await lab.kina(['completion', 'bash'], { calledAs: 'kind' })
    expect(stdout).toContain('complete -F _kind kind')
    expect(stdout).not.toContain('kina')
  })
})
