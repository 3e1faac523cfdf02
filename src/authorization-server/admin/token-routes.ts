import { randomBytes } from 'node:crypto'
import { lastEnd, tokensOut } from '../overview/tokens-out.ts'
import type { RegisteredSecret } from '../registry/credentials.ts'
import { preview } from './preview.ts'
import { clientOf } from './registry-routes.ts'
import { invalid, type Route, type RouteCall } from './route.ts'
import { tryToken } from './try-token.ts'

const aDay = 24 * 60 * 60 * 1000
const aYear = 365 * aDay

/** Tokens, secrets and keys. */
export const tokenRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/clients/{clientId}/grants/{service}/withdraw',
    summary: 'From now on the client gets no token for the service.',
    body: {
      revoke: { type: 'boolean', description: 'Introspection calls the tokens that are out inactive, too.' },
      rotateKeys: {
        type: 'boolean',
        description: 'Signs with a new key and removes the old one, so the tokens of all clients end at once.'
      }
    },
    answer:
      'What changed, how many tokens still count at services that verify by themselves, and when the last of them ends.',
    run: withdraw
  },
  {
    method: 'POST',
    path: '/clients/{clientId}/grants/{service}/preview',
    summary: 'What the next token would say after a change. Nothing is changed.',
    body: {
      scope: { type: 'array', description: 'Scope tokens that would be granted.' },
      roles: { type: 'array', description: 'Roles that would be granted.' },
      accessTokenLifetime: { type: 'number', description: 'Milliseconds that tokens of the client would live.' },
      withdraw: { type: 'boolean', description: 'The change is that all of it is withdrawn.' }
    },
    answer: 'The claims of the next token as things are, and as they would be.',
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
      'The claims of the token that a client would get, and how each service would take it. Nothing is given out.',
    body: {
      clientId: { type: 'string', description: 'Who asks.', required: true },
      service: { type: 'string', description: 'The name of a service, or its audience.' },
      scope: { type: 'string', description: 'The scope that is asked for.' }
    },
    answer: 'Claims and verdicts, or the refusal.',
    run: ({ parts, body }) => tryToken(parts, body as unknown as Parameters<typeof tryToken>[1])
  },
  {
    method: 'POST',
    path: '/clients/{clientId}/secrets',
    summary: 'Gives a client another secret. The ones it has count on for the overlap.',
    body: {
      clientSecret: {
        type: 'string',
        description: 'The new secret. If it is left out, the server makes one and returns it in the answer.'
      },
      overlap: {
        type: 'number',
        description: 'Milliseconds for which the secrets before it still count; a day by default.'
      }
    },
    answer: 'The secret, if one was made, and until when the ones before it count.',
    run: rotateSecret
  },
  {
    method: 'POST',
    path: '/keys',
    summary: 'Signs with a new key from now on.',
    body: {
      overlap: {
        type: 'number',
        description:
          'Milliseconds for which the key before it stays published; as long as tokens live by default. 0: its tokens end at once.'
      }
    },
    answer: 'The new key id, and all that are published.',
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
  if (overlap < 0 || overlap > aYear) throw invalid('overlap is in milliseconds, from 0 to a year.')
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

/** The secret with an end, which is not later than one that it has. */
function ending(secret: RegisteredSecret, until: number, now: number): RegisteredSecret[] {
  const has = typeof secret === 'object' && 'until' in secret ? Date.parse(secret.until) : Number.POSITIVE_INFINITY
  if (has <= now) return []
  const end = new Date(Math.min(has, until)).toISOString()
  if (typeof secret === 'string') return [{ value: secret, until: end }]
  if ('value' in secret) return [{ ...secret, until: end }]
  const value = process.env[secret.env]
  return value ? [{ value, until: end }] : []
}
