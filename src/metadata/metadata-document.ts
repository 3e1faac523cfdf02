import { isSecure } from '../http/secure-url.ts'
import { isRecord } from '../record.ts'
import type { AuthorizationServer, Issuer } from './server-source.ts'

export interface ExpectedServer {
  /** The issuer that was configured, as it was written. */
  readonly issuer: string
  /** Plain HTTP beyond loopback is allowed. */
  readonly insecureHttpAllowed: boolean
}

interface FaultDetails {
  /** It is a metadata document but it is wrong, so another request would not help. */
  readonly wrong?: boolean
  /** It says that it is about another issuer. */
  readonly foreign?: boolean
  /** The status of an answer other than 200. */
  readonly status?: number
  /** How many milliseconds the server wants clients to wait. */
  readonly retryAfter?: number | undefined
}

/** Why an answer is not the metadata of this server, as the rest of a sentence. */
export class MetadataFault extends Error {
  override readonly name = 'MetadataFault'
  readonly details: FaultDetails

  constructor(message: string, details: FaultDetails = {}) {
    super(message)
    this.details = details
  }
}

/** Checks a metadata document. Throws a `MetadataFault`. */
export type Describe<Server extends Issuer> = (document: object, expected: ExpectedServer) => Server

/** Checks a metadata document (RFC 8414 §2, §3.3). Only its own members count. Throws a `MetadataFault`. */
export function describedServer(document: object, expected: ExpectedServer): AuthorizationServer {
  const issuer = describedIssuer(document, expected)
  const members = membersOf(document)
  const aliases = membersOf(members.get('mtls_endpoint_aliases'))
  return {
    ...issuer,
    tokenEndpoint: endpoint(members.get('token_endpoint'), expected),
    mutualTlsTokenEndpoint: usableEndpoint(aliases.get('token_endpoint'), expected),
    authenticationMethods: strings(members.get('token_endpoint_auth_methods_supported'))
  }
}

/** The same for a document that need not name a token endpoint. */
export function describedIssuer(document: object, expected: ExpectedServer): Issuer {
  const members = membersOf(document)
  const { issuer } = expected
  checkIssuer(members.get('issuer'), issuer)
  const aliases = membersOf(members.get('mtls_endpoint_aliases'))
  return {
    issuer,
    jwksUri: usableEndpoint(members.get('jwks_uri'), expected),
    introspectionEndpoint: usableEndpoint(members.get('introspection_endpoint'), expected),
    mutualTlsIntrospectionEndpoint: usableEndpoint(aliases.get('introspection_endpoint'), expected),
    introspectionMethods: strings(members.get('introspection_endpoint_auth_methods_supported'))
  }
}

/** A map, so that a member cannot be confused with an inherited one. Empty if the value is not an object. */
function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isRecord(value) ? Object.entries(value) : [])
}

/** Compares code point by code point. With a normalised comparison one server could pretend to be another (RFC 8414 §4). */
function checkIssuer(named: unknown, issuer: string): void {
  if (named === issuer) return
  const foreign = typeof named === 'string' && named !== ''
  throw new MetadataFault(`is about the issuer ${shown(named)}, not ${shown(issuer)}`, { wrong: true, foreign })
}

/** Plain HTTP on this machine is only for an issuer on this machine. A process that listens on a local port does not belong to an https issuer. */
function isUsable(url: URL, { issuer, insecureHttpAllowed }: ExpectedServer): boolean {
  if (url.protocol !== 'http:') return url.protocol === 'https:'
  const at = new URL(issuer)
  return insecureHttpAllowed || (at.protocol === 'http:' && isSecure(at) && isSecure(url))
}

function endpoint(value: unknown, expected: ExpectedServer): string {
  if (typeof value !== 'string' || !URL.canParse(value)) throw wrong('names no valid token_endpoint')
  const url = new URL(value)
  if (url.username !== '' || url.password !== '') throw wrong('names a token_endpoint with userinfo')
  if (value.includes('#')) throw wrong('names a token_endpoint with a fragment')
  if (isUsable(url, expected)) return value
  throw wrong(`names the token_endpoint ${shown(url.origin)}, which is not https`)
}

/** For an optional endpoint: a wrong URL counts as missing. */
function usableEndpoint(value: unknown, expected: ExpectedServer): string | undefined {
  try {
    return endpoint(value, expected)
  } catch {
    return undefined
  }
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
