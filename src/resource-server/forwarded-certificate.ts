import { createHash, X509Certificate } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { checkedFields, nonEmptyString, stringList, wrong } from '../wrong-option.ts'
import type { ReceivedRequest } from './token-carrier.ts'

/** How a proxy that terminates TLS forwards the client's certificate. */
export interface ForwardedCertificate {
  /**
   * The header with the certificate: `Client-Cert` (RFC 9440), XFCC as Envoy writes it, PEM as nginx, AWS or Apache do, or base64 as HAProxy, Traefik or Azure do.
   * The proxy must remove this header from the requests of clients.
   */
  readonly header: string
  /** The addresses of the trusted proxies, or networks such as `10.0.0.0/8`. The header is ignored if it comes from any other address. */
  readonly trustedProxies: readonly string[]
}

/** The checked option. */
export interface CertificateHeader {
  /** The name of the header in lower case. */
  readonly name: string
  isTrusted(address: string | undefined): boolean
}

/** @throws ClientConfigurationError */
export function checkForwarded(given: ForwardedCertificate): CertificateHeader {
  const { header, trustedProxies } = checkedFields('forwardedCertificate', given, ['header', 'trustedProxies'])
  const name = nonEmptyString('forwardedCertificate.header', header, 'Give the name of the header.').toLowerCase()
  const proxies = new BlockList()
  for (const proxy of stringList('forwardedCertificate.trustedProxies', trustedProxies)) addProxy(proxies, proxy)
  return {
    name,
    isTrusted(address = '') {
      const plain = unmapped(address)
      return isIP(plain) !== 0 && proxies.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
    }
  }
}

function addProxy(proxies: BlockList, proxy: string): void {
  const [given = '', length, ...more] = proxy.split('/')
  const address = unmapped(given)
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  const most = family === 'ipv6' ? 128 : 32
  const bits =
    length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) - (given === address ? 0 : 96) : -1
  if (isIP(address) === 0 || more.length > 0 || bits < 0 || bits > most)
    wrong(
      'forwardedCertificate.trustedProxies',
      'contains something that is not an address',
      'Give addresses or networks, such as 10.0.0.0/8. A name can belong to anyone.'
    )
  proxies.addSubnet(address, bits, family)
}

/** Matches the prefix of an IPv4 address on a dual-stack socket (RFC 4291 §2.5.5.2). */
function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

/**
 * Returns the SHA-256 of the certificate that a proxy forwarded, in the form of `x5t#S256` (RFC 8705 §3.1), or undefined if there is none.
 * A repeated header or one with two values is ignored, because the client could have sent the first.
 */
export function forwardedThumbprint({ headers }: ReceivedRequest, { name }: CertificateHeader): string | undefined {
  const field = headers[name]
  return typeof field === 'string' ? thumbprintIn(field.trim()) : undefined
}

function thumbprintIn(field: string): string | undefined {
  const [, structured] = /^:([A-Za-z0-9+/]+=*):$/.exec(field) ?? []
  if (structured !== undefined) return thumbprintOf(structured)
  if (/^(By|Hash|Cert|Chain|Subject|URI|DNS)=/i.test(field)) return ofEnvoy(field)
  return ofText(field)
}

/** Parses one element of `x-forwarded-client-cert`: pairs separated by semicolons, with quoted strings. */
function ofEnvoy(field: string): string | undefined {
  const pairs = new Map<string, string>()
  const pair = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,"]*))(;|$)/y
  while (pair.lastIndex < field.length) {
    const [, name = '', quoted, bare, end] = pair.exec(field) ?? []
    // After a comma comes the element of another proxy. The elements before it may come from anybody.
    if (end === undefined) return undefined
    if (['cert', 'hash'].includes(name.toLowerCase()) && pairs.has(name.toLowerCase())) return undefined
    pairs.set(name.toLowerCase(), quoted ?? bare ?? '')
  }
  const [cert, hash] = [pairs.get('cert'), pairs.get('hash')]
  if (cert !== undefined) return ofText(cert)
  return hash !== undefined && /^[0-9a-f]{64}$/i.test(hash) ? Buffer.from(hash, 'hex').toString('base64url') : undefined
}

/** Reads PEM in one line, URL-encoded PEM, or only its base64. */
function ofText(field: string): string | undefined {
  let text = field
  try {
    if (text.includes('%')) text = decodeURIComponent(text)
  } catch {
    return undefined
  }
  const [, body = text] = /^-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----\s*$/.exec(text) ?? []
  return thumbprintOf(body.replace(/\s+/g, ''))
}

function thumbprintOf(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+=*$/.test(base64)) return undefined
  try {
    const { raw } = new X509Certificate(Buffer.from(base64, 'base64'))
    return createHash('sha256').update(raw).digest('base64url')
  } catch {
    return undefined
  }
}
