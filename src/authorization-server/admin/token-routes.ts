import { randomBytes } from 'node:crypto'
import { lastEnd, tokensOut } from '../overview/tokens-out.ts'
import type { RegisteredSecret } from '../registry/credentials.ts'
import { preview } from './preview.ts'
import { clientOf } from './registry-routes.ts'
import { invalid, type Route, type RouteCall } from './route.ts'
import { tryToken } from './try-token.ts'

const aDay = 24 * 60 * 60 * 1000
const aYear = 365 * aDay

/** Routes for tokens, secrets and keys. */
export const tokenRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/clients/{clientId}/grants/{service}/withdraw',
    summary: 'Withdraws a grant. The client gets no new tokens for the service.',
    body: {
      revoke: {
        type: 'boolean',
        description: 'Also revokes the tokens that are still valid, so that introspection calls them inactive.'
      },
      rotateKeys: {
        type: 'boolean',
        description: 'Also signs with a new key and removes the old one, which invalidates the tokens of all clients.'
      }
    },
    answer:
      'What changed, how many tokens are still valid at services that verify tokens themselves, and when the last of them expires.',
    run: withdraw
  },
  {
    method: 'POST',
    path: '/clients/{clientId}/grants/{service}/preview',
    summary: 'Shows what the next token would contain after a change. It changes nothing.',
    body: {
      scope: { type: 'array', description: 'Scopes that would be granted.' },
      roles: { type: 'array', description: 'Roles that would be granted.' },
      accessTokenLifetime: {
        type: 'number',
        description: 'The new lifetime of tokens of the client, in milliseconds.'
      },
      withdraw: { type: 'boolean', description: 'The change withdraws the grant.' }
    },
    answer: 'The claims of the next token, now and after the change.',
    run: (call) => {
      const { clientId } = clientOf(call)
      const { scope = [], roles = [], accessTokenLifetime, withdraw: all } = call.body as PreviewBody
      const grant = all === true ? undefined : { scope, roles }
      return preview(call.parts, { clientId, service: call.params.service ?? '', grant, accessTokenLifetime })
    }
  },
  {
    method: 'POST',
    path: '/try',
    summary:
      'Shows the claims of the token that a client would get, and what each service would decide about it. It issues no token.',
    body: {
      clientId: { type: 'string', description: 'Who asks.', required: true },
      service: { type: 'string', description: 'The name of a service, or its audience.' },
      scope: { type: 'string', description: 'The scope of the token request.' }
    },
    answer: 'The claims and the decisions, or the refusal.',
    run: ({ parts, body }) => tryToken(parts, body as unknown as Parameters<typeof tryToken>[1])
  },
  {
    method: 'POST',
    path: '/clients/{clientId}/secrets',
    summary: 'Gives a client another secret. Its previous secrets stay valid for the overlap.',
    body: {
      clientSecret: {
        type: 'string',
        description: 'The new secret. If it is left out, the server makes one and returns it in the answer.'
      },
      overlap: {
        type: 'number',
        description: 'How many milliseconds the previous secrets stay valid; a day by default.'
      }
    },
    answer: 'The secret, if the server made one, and until when the previous ones are valid.',
    run: rotateSecret
  },
  {
    method: 'POST',
    path: '/keys',
    summary: 'Rotates the signing key.',
    body: {
      overlap: {
        type: 'number',
        description:
          'How many milliseconds the previous key stays published; as long as tokens live by default. 0 invalidates its tokens at once.'
      }
    },
    answer: 'The id of the new key, and all published keys.',
    run: async ({ parts: { keys, lifetime }, body }) => {
      const { overlap = lifetime } = body as { overlap?: number }
      checkOverlap(overlap)
      await keys.rotate(overlap)
      return { kid: keys.current().kid, published: keys.published().map(({ kid }) => kid) }
    }
  }
]

interface PreviewBody {
  readonly scope?: readonly string[]
  readonly roles?: readonly string[]
  readonly accessTokenLifetime?: number
  readonly withdraw?: boolean
}

async function withdraw(call: RouteCall): Promise<object> {
  const { parts, params, body } = call
  const { registry, issued, keys } = parts
  const { clientId } = clientOf(call)
  const { service = '' } = params
  const changes = registry.withdraw(clientId, service)
  const revoked = body.revoke === true ? issued.revokeAll(clientId, service) : 0
  if (body.rotateKeys === true) await keys.rotate(0)
  const out = tokensOut(parts).filter((token) => token.clientId === clientId && token.service === service)
  return { changes, revoked, tokensOut: out.length, lastEndsAt: lastEnd(out) ?? null }
}

function checkOverlap(overlap: number): void {
  if (overlap < 0 || overlap > aYear) throw invalid('overlap is in milliseconds, and must be from 0 to a year.')
}

function rotateSecret(call: RouteCall): object {
  const { clientId, clientSecret: held = [] } = clientOf(call)
  const { clientSecret: given, overlap = aDay } = call.body as { clientSecret?: string; overlap?: number }
  checkOverlap(overlap)
  const until = call.parts.now() + overlap
  const made = given ?? randomBytes(32).toString('base64url')
  const earlier = [held as RegisteredSecret | readonly RegisteredSecret[]].flat()
  const kept = overlap === 0 ? [] : earlier.flatMap((secret) => ending(secret, until, call.parts.now()))
  call.parts.registry.change(clientId, (client) => ({ ...client, clientSecret: [made, ...kept] }))
  return { ...(given === undefined && { clientSecret: made }), earlierUntil: kept.length === 0 ? null : until }
}

/** Lets a secret end at `until`, unless it ends earlier anyway. */
function ending(secret: RegisteredSecret, until: number, now: number): RegisteredSecret[] {
  const has = typeof secret === 'object' && 'until' in secret ? Date.parse(secret.until) : Number.POSITIVE_INFINITY
  if (has <= now) return []
  const end = new Date(Math.min(has, until)).toISOString()
  if (typeof secret === 'string') return [{ value: secret, until: end }]
  if ('value' in secret) return [{ ...secret, until: end }]
  const value = process.env[secret.env]
  return value ? [{ value, until: end }] : []
}
