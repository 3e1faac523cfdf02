import type { JWTPayload } from 'jose'
import { allowInsecureHttp } from '../../http/secure-url.ts'
import type { ServerParts } from '../overview/server-parts.ts'
import { signed } from '../tokens/token-claims.ts'
import { type Asked, nextToken, type Refused } from './next-token.ts'

/** What one service would decide about the token. */
export interface Verdict {
  readonly service: string
  readonly accepted: boolean
  /** Why it is refused, in the words of the service's log. */
  readonly reason?: string
}

export type Trial =
  | { readonly claims: JWTPayload; readonly verdicts: readonly Verdict[]; readonly curl: string }
  | { readonly refused: Refused; readonly curl: string }

/**
 * Shows which token a client would get, and what `accessTokenVerifier` would decide about it at each service of the registry.
 * The token is created only for this. It is neither returned nor remembered.
 */
export async function tryToken(parts: ServerParts, asked: Asked): Promise<Trial> {
  const next = nextToken(parts, parts.registry.model, asked)
  const curl = curlLine(parts, asked)
  if (next.refused !== undefined) return { refused: next.refused, curl }
  const services = [...parts.registry.model.services.values()]
  const token = await signed(next.claims, parts.keys.current(), parts.profile)
  const verdicts = services.map(async ({ name, audience = parts.issuer }) => {
    return { service: name, ...(await verdict(parts, token, audience)) }
  })
  return { claims: next.claims, verdicts: await Promise.all(verdicts), curl }
}

async function verdict({ issuer, keys, signingSecret, profile, clock }: ServerParts, token: string, audience: string) {
  const { accessTokenVerifier, jwks, rfc9068, sharedSecret, TokenRefusedError } = await import(
    '../../resource-server/index.ts'
  )
  const keySource = signingSecret === undefined ? jwks({ keys: [...keys.published()] }) : sharedSecret(signingSecret)
  // This server has its own issuer and audiences, so those of the profile's real server do not apply.
  const { issuers: _, audiences: _own, ...look } = profile ?? rfc9068()
  const from = { issuer, audience, profile: look, keys: keySource, clock }
  const verifier = accessTokenVerifier({ ...from, [allowInsecureHttp]: true })
  try {
    await verifier.verify(`Bearer ${token}`)
    return { accepted: true }
  } catch (error) {
    if (error instanceof TokenRefusedError) return { accepted: false, reason: error.message }
    throw error
  } finally {
    await verifier.close()
  }
}

/** The token request as a curl command, which reads the secret from a variable. */
function curlLine({ tokenEndpoint }: ServerParts, { clientId, service, scope }: Asked): string {
  const fields = [
    'grant_type=client_credentials',
    ...(service === undefined ? [] : [`audience=${service}`]),
    ...(scope === undefined ? [] : [`scope=${scope}`])
  ]
  const data = fields.map((field) => `--data-urlencode ${quoted(field)}`).join(' ')
  const identity = `--data-urlencode ${quoted(`client_id=${clientId}`)} --data-urlencode "client_secret=$CLIENT_SECRET"`
  return `curl -s ${identity} ${data} ${tokenEndpoint}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
