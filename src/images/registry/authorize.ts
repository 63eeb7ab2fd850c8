import * as v from 'valibot'
import { KinaError } from '../../errors.ts'
import { parseChallenges, type Challenge } from './challenge.ts'
import { basic, type Credentials } from './credentials.ts'
import type { Exchange } from './exchange.ts'
import { readUpTo, refusal } from './refusal.ts'

const tokenAnswer = v.union([v.object({ token: v.string() }), v.object({ access_token: v.string() })])
const tokenLimit = 1024 * 1024

interface Asked {
  /** As in `pull "docker.io/library/x:latest"`. */
  readonly does: string
  /** The repository, for a challenge that names no scope. */
  readonly path: string
  readonly credentials: Credentials | undefined
  readonly exchange: Exchange
  readonly now: () => Date
}

/**
 * The `Authorization` header for what a registry asks (docker's token protocol, and Basic).
 * @returns undefined when there is nothing to answer with.
 * @throws KinaError `image-unavailable` when the credentials are refused; Passing when the token server fails for a moment.
 */
export async function authorize(header: string, asked: Asked): Promise<string | undefined> {
  const challenges = parseChallenges(header)
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  if (bearer) return `Bearer ${await fetchToken(bearer, asked)}`
  const { credentials } = asked
  return challenges.some(({ scheme }) => scheme === 'basic') && credentials?.kind === 'password'
    ? basic(credentials.username, credentials.password)
    : undefined
}

async function fetchToken({ params }: Challenge, asked: Asked): Promise<string> {
  const { does, path, credentials, exchange } = asked
  const { realm = '', service } = params
  const scope = params['scope'] ?? `repository:${path}:pull`
  if (!/^https?:\/\//.test(realm) || !URL.canParse(realm)) {
    throw new KinaError('image-unavailable', `Cannot ${does}: the registry names no place to get a token`, {
      seen: [`realm "${realm}"`],
      hint: 'Check the reference',
    })
  }
  const url = new URL(realm)
  const isRefresh = credentials?.kind === 'identity-token'
  const fields = new URLSearchParams(
    isRefresh ? { grant_type: 'refresh_token', client_id: 'kina', refresh_token: credentials.token } : {},
  )
  if (service !== undefined) fields.set('service', service)
  fields.set('scope', scope)
  if (!isRefresh) for (const [name, value] of fields) url.searchParams.set(name, value)
  const answer = await exchange(
    url.href,
    isRefresh
      ? {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: fields.toString(),
          isSecret: true,
        }
      : credentials === undefined
        ? {}
        : { authorization: basic(credentials.username, credentials.password) },
  )
  if (answer.status !== 200) throw await refusal(does, answer, asked.now())
  const bytes = await readUpTo(tokenLimit, answer)
  return tokenIn(bytes, does, realm)
}

function tokenIn(bytes: Uint8Array | undefined, does: string, realm: string): string {
  try {
    const said = v.parse(tokenAnswer, JSON.parse(new TextDecoder().decode(bytes)))
    return 'token' in said ? said.token : said.access_token
  } catch {
    throw new KinaError('image-unavailable', `Cannot ${does}: the token server answers in another form`, {
      seen: [realm],
      hint: 'Check the reference, and whether a proxy answers in its place',
    })
  }
}
