import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RefusalAnswer } from '../answer-for.ts'
import { type GuardOptions, guardCore, warn } from '../guard-core.ts'
import { optionalTokenOf, rememberToken, tokenOf } from '../guarded-contexts.ts'
import type { Rule } from '../rules.ts'
import type { VerifiedToken } from '../verified-token.ts'
import type { AccessTokenVerifier } from '../verifier.ts'

/** A guard for the `upgrade` event of a Node server. It calls `upgrade` if the connection may become a WebSocket. */
export type UpgradeGuard = (request: IncomingMessage, socket: Duplex, upgrade: () => unknown) => void

/**
 * Lets a connection become a WebSocket if its request has a token that the rule allows. All others are answered as RFC 6750 §3 says and closed.
 * @throws ClientConfigurationError without a rule, because nothing is allowed by default.
 */
export function requireToken(
  verifier: AccessTokenVerifier,
  rule: Rule,
  options: GuardOptions<IncomingMessage> = {}
): UpgradeGuard {
  const judge = guardCore(verifier, rule, options)

  async function guard(request: IncomingMessage, socket: Duplex, upgrade: () => unknown): Promise<void> {
    const gone = () => void socket.destroy()
    socket.on('error', gone) // Nobody else listens for errors yet.
    const judgement = await judge(request, request)
    socket.off('error', gone)
    if (socket.destroyed || socket.writableEnded) return
    if (!judgement.passes) {
      end(socket, judgement.answer)
      return
    }
    rememberToken(request, judgement.token)
    try {
      await upgrade()
    } catch (error) {
      warn('An upgrade after requireToken() failed.', error)
      socket.destroy()
    }
  }

  return (request, socket, upgrade) => void guard(request, socket, upgrade)
}

/** The token of an upgrade that `requireToken` has allowed. @throws ClientConfigurationError if no guard has checked the request before. */
export function accessTokenOf(request: IncomingMessage): VerifiedToken {
  return tokenOf(request)
}

/** The token of an upgrade, or undefined if `optional` has let it pass without one. */
export function optionalAccessTokenOf(request: IncomingMessage): VerifiedToken | undefined {
  return optionalTokenOf(request)
}

/** Writes the answer directly to the socket, because an upgrade has no response object. */
function end(socket: Duplex, { status, headers, body }: RefusalAnswer): void {
  const fields = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}`)
  socket.on('error', () => void socket.destroy())
  socket.end(`${[`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join('\r\n')}\r\n\r\n${body}`)
}
