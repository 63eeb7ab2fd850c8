import * as v from 'valibot'
import type { Host } from '../../host/host.ts'
import type { Tell } from '../tell.ts'

/** For a server: a name with its password, or a token that stands for both. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }

const dockerConfig = v.object({
  credHelpers: v.optional(v.record(v.string(), v.string()), {}),
  credsStore: v.optional(v.string()),
  auths: v.optional(
    v.record(v.string(), v.object({ auth: v.optional(v.string()), identitytoken: v.optional(v.string()) })),
    {},
  ),
})

const helperAnswer = v.object({ Username: v.string(), Secret: v.string() })

/** A helper may ask the user's keychain, which may ask the user. Milliseconds. */
const helperWithin = 60_000

/**
 * What `docker login` has stored for a server: with a credential helper, or in docker's own `config.json`.
 * What is there and cannot be used is a warning; the registry is then asked without.
 */
export async function findCredentials(
  host: Pick<Host, 'env' | 'files' | 'platform' | 'run'>,
  server: string,
  { tell, signal }: { readonly tell: Tell; readonly signal: AbortSignal },
): Promise<Credentials | undefined> {
  const path = `${host.env['DOCKER_CONFIG'] || `${host.platform.home}/.docker`}/config.json`
  const warn = (message: string): undefined => {
    tell({ kind: 'warning', message: `${message}: "${server}" is asked without credentials` })
    return undefined
  }
  const config = await readConfig(host, path)
  if (config === undefined) return undefined
  if (typeof config === 'string') return warn(`Cannot read ${path}: ${config}`)
  const helper = entryFor(config.credHelpers, server) ?? config.credsStore
  if (helper) {
    const found = await askHelper(host, helper, server, signal)
    if (typeof found === 'string') return warn(found)
    if (found) return found
  }
  return storedIn(config.auths, server)
}

async function readConfig(
  { files }: Pick<Host, 'files'>,
  path: string,
): Promise<v.InferOutput<typeof dockerConfig> | string | undefined> {
  try {
    const text = await files.read(path)
    if (text === undefined) return undefined
    const { success, output, issues } = v.safeParse(dockerConfig, JSON.parse(text))
    return success ? output : `${v.getDotPath(issues[0]) ?? 'it'} is not as docker writes it`
  } catch (error) {
    // A text that is no JSON is quoted in the error, and it may hold secrets.
    return error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message
  }
}

/** @returns undefined when it has none for this server, a text when it cannot be asked. */
async function askHelper(
  host: Pick<Host, 'run'>,
  helper: string,
  server: string,
  signal: AbortSignal,
): Promise<Credentials | string | undefined> {
  const program = `docker-credential-${helper}`
  if (!/^[\w.-]+$/.test(helper)) return `The name of the credential helper "${helper}" is none`
  const result = await host.run([program, 'get'], { stdin: server, within: helperWithin, signal })
  signal.throwIfAborted()
  if (result.ended === 'not-found') return `There is no program ${program}`
  // The protocol has one code for every failure; this text is how a missing entry is told.
  const said = `${result.stdout}${result.stderr}`
  if (result.exitCode !== 0)
    return /credentials not found/i.test(said) ? undefined : `${program} ended with exit code ${result.exitCode}`
  try {
    const { Username, Secret } = v.parse(helperAnswer, JSON.parse(result.stdout))
    return Username === '<token>'
      ? { kind: 'identity-token', token: Secret }
      : { kind: 'password', username: Username, password: Secret }
  } catch {
    return `${program} gave an answer in another form`
  }
}

function storedIn(auths: v.InferOutput<typeof dockerConfig>['auths'], server: string): Credentials | undefined {
  const { auth, identitytoken } = entryFor(auths, server) ?? {}
  if (identitytoken) return { kind: 'identity-token', token: identitytoken }
  if (!auth) return undefined
  const text = decodeBase64(auth)
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Docker has written servers with and without scheme and path over the years. */
function entryFor<T>(table: Readonly<Record<string, T>>, server: string): T | undefined {
  const name = (text: string): string => text.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return table[server] ?? Object.entries(table).find(([key]) => name(key) === name(server))?.[1]
}

function decodeBase64(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)))
  } catch {
    return ''
  }
}

/** The value of an `Authorization` header of the scheme Basic. */
export function basic(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`)
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`
}
