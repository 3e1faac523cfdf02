import type { IncomingHttpHeaders } from 'node:http'
import type { Fault } from '../faults/fault.ts'
import type { PresentedCertificate } from '../http/presented-certificate.ts'
import type { EndpointName, LogEntry } from '../http/request-log.ts'
import type { Answer } from '../http/server-answer.ts'

/** A request with its whole body. */
export interface EndpointRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
  /** The certificate that the client presented in the TLS handshake. */
  readonly certificate: PresentedCertificate | undefined
  /** The endpoint adds what it learns about the request. */
  readonly entry: LogEntry
  readonly fault: Fault
}

/** One endpoint of the server. It throws an OAuthError to refuse a request. */
export interface Endpoint {
  readonly name: EndpointName
  readonly method: 'GET' | 'POST'
  answer(request: EndpointRequest): Answer | Promise<Answer>
}

/** An endpoint that returns a public JSON document. */
export function documentEndpoint(name: EndpointName, document: () => object): Endpoint {
  const headers = { 'content-type': 'application/json' }
  return { name, method: 'GET', answer: () => ({ status: 200, headers, body: JSON.stringify(document()) }) }
}
