import { createServer } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { listen } from './listen.js'

const neededScope = { GET: 'read_user', DELETE: 'delete_user' }

/** A resource server: it verifies each token by itself, with the authorization server's published keys. */
export async function startUsers({ issuer, jwksUri }) {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  const seen = new Map()
  const revoked = new Set()

  async function refusal({ method, headers }) {
    const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? []
    const verified = await jwtVerify(token, keys, { issuer, audience: 'users', typ: 'at+jwt' }).catch(() => undefined)
    if (verified === undefined || revoked.has(verified.payload.jti)) return { status: 401, error: 'invalid_token' }
    seen.set(verified.payload.jti, verified.payload.client_id)
    const scope = neededScope[method]
    return verified.payload.scope.split(' ').includes(scope)
      ? undefined
      : { status: 403, error: 'insufficient_scope', scope }
  }

  const server = createServer(async (request, response) => {
    const refused = await refusal(request)
    if (refused === undefined) return response.end(JSON.stringify({ id: 42, name: 'Ada' }))
    const { status, error, scope } = refused
    const challenge = [`Bearer error="${error}"`, ...(scope ? [`scope="${scope}"`] : [])].join(', ')
    response.writeHead(status, { 'www-authenticate': challenge }).end()
  })

  return {
    ...(await listen(server)),
    /** How many different tokens of this client were good here. */
    tokensOf: (clientId) => [...seen.values()].filter((owner) => owner === clientId).length,
    /** From now on the token with this `jti` is refused. */
    revoke: (jti) => revoked.add(jti)
  }
}
