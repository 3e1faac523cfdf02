import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { ClientConfigurationError } from '../errors.ts'
import { kindOf } from '../wrong-option.ts'
import { RefusedToken } from './token-refused-error.ts'

/**
 * The part of a request of node:http, node:http2, Express or Koa that is used. The method and the URL are needed for tokens that are bound to a DPoP
 * key. `originalUrl` is the URL before a framework changed it, and `body` is the body if a framework has parsed it.
 */
export type ReceivedRequest = Pick<IncomingMessage | Http2ServerRequest, 'headers' | 'rawHeaders' | 'socket'> & {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string | undefined
  readonly body?: unknown
}

/** Header fields as a plain object. Their names can be in any case, and a repeated field can be a list. */
export type PlainHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A value that can contain a token: an `Authorization` value, `Headers`, a `Request`, a request of node:http, of a framework built on it or of Fastify,
 * or another object with header fields, such as an event of AWS Lambda. A token that is bound to a DPoP key needs the method and the URL too.
 */
export type TokenCarrier =
  | string
  | null
  | undefined
  | Pick<Headers, 'get'>
  | { readonly headers: Pick<Headers, 'get'>; readonly method?: string; readonly url?: string }
  | ReceivedRequest
  | { readonly raw: ReceivedRequest; readonly body?: unknown }
  | PlainRequest

/** A request as plain data: your own object or an event of AWS Lambda, whose versions have different members for the URL. */
export interface PlainRequest {
  readonly headers?: PlainHeaders | null
  readonly multiValueHeaders?: PlainHeaders | null
  readonly method?: string
  /** The whole URL or its path. */
  readonly url?: string
  readonly httpMethod?: string
  readonly path?: string
  readonly rawPath?: string
  readonly requestContext?: {
    readonly http?: { readonly method?: string }
    readonly path?: string
    readonly domainName?: string
  }
}

/** The parts of a request that identify the caller. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly contentType?: string | undefined
  readonly body?: unknown
  /** The request with its connection, if there is one. */
  readonly request?: ReceivedRequest
}

/** @throws RefusedToken `several_tokens`, or ClientConfigurationError if the value cannot contain a token. */
export function credentialsIn(carrier: TokenCarrier): Credentials {
  if (typeof carrier === 'string' || carrier === undefined || carrier === null)
    return { authorization: carrier ?? undefined }
  if (typeof carrier !== 'object') throw unknownCarrier(carrier)
  if ('rawHeaders' in carrier) return ofRequest(carrier, carrier.body)
  if ('raw' in carrier && typeof carrier.raw === 'object' && carrier.raw !== null)
    return ofRequest(carrier.raw, carrier.body)
  if ('get' in carrier && typeof carrier.get === 'function') return ofHeaders(carrier)
  const { headers, multiValueHeaders } = carrier as { headers?: PlainHeaders; multiValueHeaders?: PlainHeaders }
  if (typeof headers?.get === 'function') return ofHeaders(headers as unknown as Pick<Headers, 'get'>)
  const fields = multiValueHeaders ?? headers
  if (typeof fields === 'object' && fields !== null) return { authorization: theOnly('authorization', fields) }
  // In an event of a load balancer, the headers are null if there are none.
  if ('headers' in carrier && headers === null) return { authorization: undefined }
  throw unknownCarrier(carrier)
}

function ofHeaders(headers: Pick<Headers, 'get'>): Credentials {
  return { authorization: headers.get('authorization') ?? undefined }
}

function ofRequest(request: ReceivedRequest, body: unknown): Credentials {
  const { headers, rawHeaders } = request
  // If this field is repeated, node:http keeps only the first value, so the raw headers are counted.
  let found = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 13 && name.toLowerCase() === 'authorization') found++
  }
  if (found > 1) throw new RefusedToken('several_tokens')
  return { authorization: headers.authorization, contentType: headers['content-type'], body, request }
}

/** Returns the parts of a Node request, with the body if a framework has parsed it. */
export function receivedRequest(incoming: ReceivedRequest, body: unknown): ReceivedRequest {
  const { headers, rawHeaders, socket, method, url, originalUrl } = incoming
  return { headers, rawHeaders, socket, method, url, originalUrl, body }
}

function theOnly(name: string, fields: PlainHeaders): string | undefined {
  const values = Object.entries(fields)
    .filter(([field]) => field.toLowerCase() === name)
    .flatMap(([, value]) => value ?? [])
  if (values.length > 1) throw new RefusedToken('several_tokens')
  return values[0]
}

function unknownCarrier(given: unknown): ClientConfigurationError {
  const what = 'an Authorization value, Headers, a Request, or a request of node:http, Express, Fastify or AWS Lambda'
  return new ClientConfigurationError('ERR_INVALID_OPTION', `verify() got ${kindOf(given)}. Give ${what}.`)
}
