import { TokenClientError } from '../errors.ts'
import { codeOf } from './code-of.ts'
import { exhaustion } from './exhaustion.ts'
import { oldUndici } from './old-undici.ts'
import { proxyRefusal } from './proxy-refusal.ts'

export interface ExchangeState {
  /** Host and port. */
  readonly host: string
  /** Whether a byte of the answer had come. */
  readonly answerStarted: boolean
}

/** OpenSSL's verification results, as Node names them, and what goes wrong in the handshake. */
const tlsFailure =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|ERROR_IN_C|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$)/

/** Alerts about a certificate. Only the other side sends them, so they are about our certificate (RFC 8446 §6.2). */
const certificateAlert =
  /^ERR_SSL_(?:TLSV1|SSLV3|TLSV13)_ALERT_(?:(?:BAD_|UNSUPPORTED_)?CERTIFICATE|UNKNOWN_CA|NO_CERTIFICATE)/

/** How undici reports that a proxy refused: its `ProxyAgent` for CONNECT, and its `fetch` for 407. */
const proxyResponse = /^proxy (?:response|authentication required)(?: \((\d{3})\))?/i

const resetCodes: readonly string[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

const notAllowed = 'this process is not allowed to connect there'

const meanings: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known to DNS',
  EAI_AGAIN: 'DNS did not answer',
  ECONNREFUSED: 'the connection was refused',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  EACCES: notAllowed,
  EPERM: notAllowed,
  ERR_ACCESS_DENIED: notAllowed,
  NotCapable: notAllowed,
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_DESTROYED: 'the dispatcher is closed',
  UND_ERR_CLOSED: 'the dispatcher is closed'
}

/** How undici's `fetch` reports a `100` or `101` that it did not expect. A byte of the answer had come. */
const unexpectedAnswer = /^bad (?:response|upgrade)$/

/** What a failed exchange is called. Its message names the host, and nothing else of the URL. */
export function networkError(error: unknown, { host, ...state }: ExchangeState): TokenClientError {
  if (error instanceof TokenClientError) return error

  const cause = underlying(error)
  const answerStarted = state.answerStarted || unexpectedAnswer.test(cause?.message ?? '')
  const old = oldUndici(cause)
  if (old !== undefined) return old
  const code = codeOf(cause)
  const refusal = proxyResponse.exec(cause?.message ?? '')
  if (refusal !== null) return proxyRefusal(Number(refusal[1] ?? 407))
  if (certificateAlert.test(code))
    return new TokenClientError(
      'ERR_TLS_CLIENT_CERTIFICATE',
      `${host} refused the client certificate (${code}). Check that one is given, that it is valid, and that the server knows its authority.`,
      { transient: false, cause }
    )
  if (tlsFailure.test(code))
    return new TokenClientError(
      'ERR_TLS_ERROR',
      `The TLS connection to ${host} failed (${code}). Check the certificates of both sides, and the CAs that this process trusts.`,
      { transient: true, cause }
    )
  const lack = exhaustion(code)
  if (lack !== undefined) {
    const message = `${host} was not asked: ${lack} (${code}). Check what this process does not close, or raise the limit.`
    return new TokenClientError('ERR_RESOURCE_EXHAUSTED', message, { transient: true, cause })
  }
  if (!answerStarted && isReset(code, cause))
    return new TokenClientError('ERR_CONNECTION_RESET', `${host} closed the connection before it answered.`, {
      transient: true,
      cause
    })
  const what = answerStarted ? `The answer from ${host} could not be read to its end` : `No answer from ${host}`
  const meaning = Object.hasOwn(meanings, code) ? `: ${meanings[code]}` : ''
  const suffix = code === '' ? '' : ` (${code})`
  return new TokenClientError('ERR_NETWORK', `${what}${meaning}${suffix}.`, { transient: true, cause })
}

/** A stream that HTTP/2 refuses was not processed (RFC 9113 §8.7). It is treated like a connection that broke before the answer. */
function isReset(code: string, cause: Error | undefined): boolean {
  return resetCodes.includes(code) || cause?.message.includes('NGHTTP2_REFUSED_STREAM') === true
}

/** The error of `fetch` says only that it failed, and its cause says why. A thrown value that is not an error can contain anything, so it is dropped. */
function underlying(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined
  return codeOf(error) === '' && error.cause instanceof Error ? underlying(error.cause) : error
}
