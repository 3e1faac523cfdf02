import { isLoopback } from '../http/loopback.ts'
import type { Answer } from '../http/send.ts'
import type { AuthorizationServer } from './authorization-server.ts'

export interface ExpectedServer {
  /** The issuer that was configured, as it was written. */
  readonly issuer: string
  /** Plain HTTP beyond loopback is somebody's decision. */
  readonly allowInsecureHttp: boolean
}

/** Why an answer is no metadata of this server, as the rest of a sentence. */
export class MetadataFault extends Error {
  override readonly name = 'MetadataFault'
  /** It is a metadata document, and it is wrong: asking again gives the same. */
  readonly wrong: boolean

  constructor(message: string, { wrong }: { readonly wrong: boolean }) {
    super(message)
    this.wrong = wrong
  }
}

/** Reads and checks an answer from a metadata URL (RFC 8414 §3.2, §3.3). Throws a `MetadataFault`. */
export function authorizationServerIn(
  answer: Answer,
  { issuer, allowInsecureHttp }: ExpectedServer
): AuthorizationServer {
  const document = jsonObject(answer)
  // Code point by code point: a normalised comparison is how one server passes for another (RFC 8414 §4).
  if (document.issuer !== issuer) throw wrong(`is about the issuer ${shown(document.issuer)}, not ${shown(issuer)}`)
  return {
    issuer,
    tokenEndpoint: endpoint(document.token_endpoint, allowInsecureHttp),
    mutualTlsTokenEndpoint: mutualTlsEndpoint(document.mtls_endpoint_aliases, allowInsecureHttp),
    authenticationMethods: strings(document.token_endpoint_auth_methods_supported),
    jwksUri: usableEndpoint(document.jwks_uri, allowInsecureHttp),
    introspectionEndpoint: usableEndpoint(document.introspection_endpoint, allowInsecureHttp)
  }
}

function jsonObject({ status, headers, body }: Answer): Record<string, unknown> {
  if (status >= 300 && status < 400) throw unusable(`answered ${status}: redirects are not followed`)
  if (status !== 200) throw unusable(`answered ${status}`)
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) throw unusable('is not application/json')
  const document = parsed(body)
  if (isObject(document)) return document
  throw unusable('is not a JSON object')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw unusable('is not valid JSON')
  }
}

function endpoint(value: unknown, allowInsecureHttp: boolean): string {
  if (typeof value !== 'string' || !URL.canParse(value)) throw wrong('names no valid token_endpoint')
  const url = new URL(value)
  if (url.username !== '' || url.password !== '') throw wrong('names a token_endpoint with userinfo')
  if (value.includes('#')) throw wrong('names a token_endpoint with a fragment')
  if (url.protocol === 'https:') return value
  if (url.protocol === 'http:' && (allowInsecureHttp || isLoopback(url))) return value
  throw wrong(`names the token_endpoint ${url.origin}, which is not https`)
}

/** One that not everybody needs: a bad one is as good as none. */
function usableEndpoint(value: unknown, allowInsecureHttp: boolean): string | undefined {
  try {
    return endpoint(value, allowInsecureHttp)
  } catch {
    return undefined
  }
}

function mutualTlsEndpoint(aliases: unknown, allowInsecureHttp: boolean): string | undefined {
  const alias = isObject(aliases) ? aliases.token_endpoint : undefined
  return usableEndpoint(alias, allowInsecureHttp)
}

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : undefined
}

/** Foreign text in a message: short, and without anything that could forge a log line. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 200)).replace(/[^\x20-\x7e]/g, escaped) : 'none'
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function wrong(message: string): MetadataFault {
  return new MetadataFault(message, { wrong: true })
}

function unusable(message: string): MetadataFault {
  return new MetadataFault(message, { wrong: false })
}
