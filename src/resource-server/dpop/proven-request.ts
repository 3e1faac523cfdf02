import type { PlainHeaders, PlainRequest, ReceivedRequest, TokenCarrier } from '../token-carrier.ts'
import { RefusedToken } from '../token-refused-error.ts'
import type { ProvenRequest } from './proof-check.ts'

/** The parts of a request that a proof is compared with. */
interface Requested {
  readonly proofs: readonly string[]
  readonly method: string | undefined
  /** The path or the whole URL. */
  readonly url: string | undefined
  /** The origin, as far as the connection and the request show it. */
  readonly origin: string
  readonly identity: object
}

/**
 * Returns the proof of a request with the method and the URLs that it must contain. `externalUrls` are the URLs by which clients reach the root of
 * this service. Without them, the connection and the `Host` header are used.
 * @throws RefusedToken `no_proof`, `several_proofs`
 */
export function provenRequest(carrier: TokenCarrier, externalUrls: readonly string[]): ProvenRequest {
  const requested = requestedBy(carrier)
  const { proofs = [], method, url, origin = '', identity } = requested ?? {}
  const [proof, ...others] = proofs
  if (others.length > 0 || proof?.includes(',')) throw new RefusedToken('several_proofs')
  if (proof === undefined || method === undefined || url === undefined || identity === undefined)
    throw new RefusedToken('no_proof')
  const roots = externalUrls.length > 0 ? externalUrls : undefined
  return { proof, method, urls: urlsOf(url, origin, roots), identity }
}

/**
 * The path is appended and not resolved, because resolving would take a path that begins with two slashes for a host. A proxy that removes a
 * prefix from the path also turns the bare prefix into `/`, so both forms are allowed.
 */
function urlsOf(url: string, origin: string, roots: readonly string[] | undefined): readonly string[] {
  const parts = /^(https?:\/\/[^/?#]*)?([/?#].*)?$/is.exec(url)
  if (parts === null) return []
  const [, ownOrigin = origin, path = ''] = parts
  const paths = /^\/(\?|$)/.test(path) ? [path, path.slice(1)] : [path]
  return (roots ?? [ownOrigin]).flatMap((root) => paths.map((each) => root + each))
}

function requestedBy(carrier: TokenCarrier): Requested | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined
  if ('rawHeaders' in carrier) return ofRequest(carrier)
  if ('raw' in carrier && typeof carrier.raw === 'object' && carrier.raw !== null) return ofRequest(carrier.raw)
  if (!('headers' in carrier) && !('multiValueHeaders' in carrier)) return undefined
  return isOfFetch(carrier) ? ofFetch(carrier) : ofPlain(carrier as PlainRequest)
}

function ofRequest({ headers, rawHeaders, socket, method, url, originalUrl }: ReceivedRequest): Requested {
  const proofs = rawHeaders.filter((_value, index) => index % 2 === 1 && /^dpop$/i.test(rawHeaders[index - 1] ?? ''))
  const host = headers[':authority'] ?? headers.host ?? ''
  const scheme = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http'
  // Frameworks shorten `url` for nested routers, so `originalUrl` comes first.
  return { proofs, method, url: originalUrl ?? url, origin: `${scheme}://${host}`, identity: headers }
}

type FetchCarrier = { readonly headers: Pick<Headers, 'get'>; readonly method?: string; readonly url?: string }

function isOfFetch(carrier: object): carrier is FetchCarrier {
  const { headers } = carrier as { headers?: { get?: unknown } | null }
  return typeof headers?.get === 'function'
}

function ofFetch({ headers, method, url }: FetchCarrier): Requested {
  const proof = headers.get('dpop')
  return { proofs: proof === null ? [] : [proof], method, url, origin: '', identity: headers }
}

function ofPlain(carrier: PlainRequest): Requested {
  const { requestContext: context } = carrier
  const fields = carrier.multiValueHeaders ?? carrier.headers ?? {}
  const [host = ''] = valuesOf('host', fields)
  return {
    proofs: valuesOf('dpop', fields),
    method: carrier.method ?? carrier.httpMethod ?? context?.http?.method,
    url: carrier.url ?? context?.path ?? carrier.rawPath ?? carrier.path,
    origin: `https://${context?.domainName ?? host}`,
    identity: fields
  }
}

function valuesOf(name: string, fields: PlainHeaders): readonly string[] {
  return Object.entries(fields)
    .filter(([field]) => field.toLowerCase() === name)
    .flatMap(([, value]) => value ?? [])
}
