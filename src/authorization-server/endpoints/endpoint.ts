import type { IncomingHttpHeaders } from 'node:http'
import type { Fault } from '../faults/fault.ts'
import type { PresentedCertificate } from '../http/presented-certificate.ts'
import type { EndpointName, LogEntry } from '../http/request-log.ts'
import type { Answer } from '../http/server-answer.ts'

/** A request, read whole. */
export interface EndpointRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
  /** What the client showed in the handshake. */
  readonly certificate: PresentedCertificate | undefined
  /** Completed by the endpoint as it learns more. */
  readonly entry: LogEntry
  readonly fault: Fault
}

/** One thing the server does. A refusal is thrown as an OAuthError. */
export interface Endpoint {
  readonly name: EndpointName
  readonly method: 'GET' | 'POST'
  answer(request: EndpointRequest): Answer | Promise<Answer>
}

/** An endpoint that shows the same kind of document to everybody. */
export function documentEndpoint(name: EndpointName, document: () => object): Endpoint {
  const headers = { 'content-type': 'application/json' }
  return { name, method: 'GET', answer: () => ({ status: 200, headers, body: JSON.stringify(document()) }) }
}
