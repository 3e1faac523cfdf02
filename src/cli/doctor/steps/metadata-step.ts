import { printable } from '../../printed-words.ts'
import { configuredEndpoint } from '../configured-endpoint.ts'
import { type Finding, finding } from '../finding.ts'
import type { SeenAnswer } from '../observer.ts'
import type { Outcome } from '../step.ts'
import { answerOfTokenEndpoint, jsonObject, type Visit } from '../visit.ts'
import { findingForFailure } from './failed-step.ts'

export type Metadata = Readonly<Record<string, unknown>>

/** The metadata of the issuer; an empty object if it was not needed. */
export function lookAtMetadata(visit: Visit): Outcome<Metadata> {
  const { issuer } = visit.options
  if (issuer === undefined || configuredEndpoint(visit.options) !== undefined)
    return { summary: 'not needed: the token endpoint is configured', fact: {} }
  const places = visit.answers.filter(({ method, url }) => method === 'GET' && url.includes('/.well-known/'))
  const document = places.map(documentOf).findLast((found) => found !== undefined)
  const found = answerOfTokenEndpoint(visit) !== undefined || visit.token !== undefined
  const summary = summaryOf(document, places, visit.options)
  if (found || !isAboutDiscovery(visit)) return { summary, fact: document ?? {} }
  return { summary, findings: [fault(visit, issuer, document, places)] }
}

function isAboutDiscovery({ error }: Visit): boolean {
  return error?.message.startsWith('No usable metadata') === true || error?.code === 'ERR_DISCOVERY_FAILED'
}

function documentOf(answer: SeenAnswer): Metadata | undefined {
  return answer.status === 200 ? jsonObject(answer.body()) : undefined
}

function summaryOf(document: Metadata | undefined, places: readonly SeenAnswer[], options: Visit['options']): string {
  if (document === undefined) return `looked for at ${new Set(places.map(({ url }) => url)).size} URLs`
  const methods = methodsIn(document)
  const accepted = methods.length === 0 ? '' : `, accepts ${printable(methods.join(', '))}`
  return `issuer ${printable(document.issuer)}${accepted}${isOffered(document, options) ? ', offers DPoP (SERVICE_TOKEN_DPOP)' : ''}`
}

/** Whether the server could bind tokens to a key (RFC 9449 §5.1), and the client does not ask for it. */
function isOffered({ dpop_signing_alg_values_supported: offered }: Metadata, { dpop }: Visit['options']): boolean {
  return dpop === undefined && Array.isArray(offered) && offered.length > 0
}

export function methodsIn({ token_endpoint_auth_methods_supported: methods }: Metadata): string[] {
  return Array.isArray(methods) ? methods.filter((method) => typeof method === 'string') : []
}

function fault(visit: Visit, issuer: string, document: Metadata | undefined, places: readonly SeenAnswer[]): Finding {
  const { error } = visit
  const named = document?.issuer
  if (typeof named === 'string' && named !== issuer) {
    const slash = named.replace(/\/$/, '') === issuer.replace(/\/$/, '')
    const what = `The metadata names the issuer ${printable(named)}, but ${printable(issuer)} is configured.`
    return finding(slash ? 'issuer-slash' : 'issuer-mismatch', what)
  }
  if (named === issuer && String(document?.token_endpoint).startsWith('http:'))
    return finding('metadata-insecure', `The metadata names the token endpoint ${printable(document?.token_endpoint)}.`)
  if (places.length > 0 && places.every(({ status }) => status === 404 || status === 410))
    return finding(
      'metadata-missing',
      `There is no metadata at ${[...new Set(places.map(({ url }) => url))].join(', ')} (404).`
    )
  const odd = places.find(({ status }) => status < 400)
  if (odd !== undefined || error === undefined)
    return finding(
      'metadata-unusable',
      `${odd?.url ?? issuer} answers with status ${odd?.status}, but without metadata.`
    )
  return findingForFailure(error, places.at(-1))
}
