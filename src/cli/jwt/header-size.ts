import { limits } from '../../limits.ts'
/** How large a token is in a request, compared with the limits of servers and proxies. */
export interface HeaderSize {
  /** Bytes of the token. */
  readonly bytes: number
  /** Bytes of the whole `Authorization` header line. */
  readonly headerBytes: number
  /** The servers and proxies whose default limit the line exceeds. */
  readonly tooLargeFor: readonly string[]
}

/** The default limits. */
const usual: readonly (readonly [who: string, bytes: number])[] = [
  ['Tomcat, Spring Boot and Jetty (8 KiB for all headers)', 8 * 1024],
  ['nginx and Apache (8 KiB for a line)', 8 * 1024],
  [
    'Node (16 KiB for all headers), HAProxy, AWS load balancers and this library (16 KiB for a token)',
    limits.tokenBytes
  ],
  ['Kestrel (32 KiB for all headers)', 32 * 1024],
  ['Envoy (60 KiB for all headers)', 60 * 1024]
]

export function headerSize(token: string): HeaderSize {
  const bytes = Buffer.byteLength(token)
  const headerBytes = bytes + Buffer.byteLength('authorization: Bearer \r\n')
  return { bytes, headerBytes, tooLargeFor: usual.filter(([, most]) => headerBytes > most).map(([who]) => who) }
}
