/** Fails unless the file is TOML with a `version`, as containerd would at its start. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parse } from 'smol-toml'

const { version } = parse(readFileSync(process.argv[2] ?? '', 'utf8'))
if (version !== 2 && version !== 3) throw new Error(`containerd: unsupported config version ${String(version)}`)
console.log('Client:\n  Version:  v1.7.28\n\nServer:\n  Version:  v1.7.28')
