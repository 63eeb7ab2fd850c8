import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { $ } from 'zx'
import { cached } from './cache.ts'

const quiet = $({ quiet: true, stdio: ['ignore', 'pipe', 'pipe'] })

/** What the newest Kubernetes of the lab needs. */
const oldest = { major: 1, minor: 26 }

/** Go as a module, which is how `go` itself fetches other versions of it (go.dev/ref/mod, toolchain modules). */
const toolchain = {
  version: 'v0.0.1-go1.26.8',
  sha256: {
    x64: '30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7',
    arm64: '02b36b6787b3ac767668f630e2998df45a3b1f9ffee08d1bf3ef6487cd658d99',
  } as Readonly<Record<string, string>>,
}

let found: Promise<string> | undefined

/** @returns the path of a `go` that is new enough: this machine's, or one that is fetched and kept in the cache. */
export function goProgram(): Promise<string> {
  found ??= isNewEnough('go').then((is) => (is ? 'go' : fetchedGo()))
  return found
}

async function isNewEnough(program: string): Promise<boolean> {
  const { exitCode, stdout } = await quiet`${program} version`.nothrow()
  const [, major = 0, minor = 0] = (/ go(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number)
  return exitCode === 0 && (major > oldest.major || (major === oldest.major && minor >= oldest.minor))
}

async function fetchedGo(): Promise<string> {
  const wanted = toolchain.sha256[process.arch]
  if (wanted === undefined) throw new Error(`real nodes need Go 1.26 or later, which is not known for ${process.arch}`)
  const folder = await cached('go-toolchain', wanted, async (draft) => {
    const platform = `linux-${process.arch === 'x64' ? 'amd64' : process.arch}`
    const proxy = (process.env['GOPROXY'] ?? '').split(/[,|]/).find((its) => its.startsWith('http'))
    const url = `${proxy?.replace(/\/$/, '') ?? 'https://proxy.golang.org'}/golang.org/toolchain/@v/${toolchain.version}.${platform}.zip`
    const answer = await fetch(url)
    if (!answer.ok) throw new Error(`no Go 1.26 on this machine, and ${url} answers ${answer.status}`)
    const zip = Buffer.from(await answer.arrayBuffer())
    const sha256 = createHash('sha256').update(zip).digest('hex')
    if (sha256 !== wanted) throw new Error(`${url} has sha256 ${sha256}, not ${wanted}`)
    const file = join(draft, 'go.zip')
    await writeFile(file, zip)
    await quiet`unzip -q ${file} -d ${draft}`
    const root = join(draft, `golang.org/toolchain@${toolchain.version}.${platform}`)
    // A module's files cannot be executed: `go` makes those of a toolchain so, and we do.
    await quiet`chmod -R +x ${join(root, 'bin')} ${join(root, 'pkg/tool')}`
    await quiet`mv ${root} ${join(draft, 'go')}`
    await quiet`rm -r ${file} ${join(draft, 'golang.org')}`
  })
  return join(folder, 'go/bin/go')
}
