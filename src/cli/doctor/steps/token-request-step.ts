import { span } from '../../printed-words.ts'
import { configuredEndpoint } from '../configured-endpoint.ts'
import { type Finding, finding } from '../finding.ts'
import type { Outcome } from '../step.ts'
import { answerOfTokenEndpoint, type Visit } from '../visit.ts'
import { findingForCredential } from './credential-step.ts'
import { findingForDpop } from './dpop-finding.ts'
import { findingForFailure } from './failed-step.ts'
import { type Metadata, methodsIn } from './metadata-step.ts'

export interface AskedRequest {
  readonly visit: Visit
  readonly metadata: Metadata
  /** The settings that the client was created from. */
  readonly settings: Readonly<Record<string, string | undefined>>
  /** Finds out why a host could not be reached. */
  reach(url: URL): Promise<readonly Finding[]>
}

const refusals = ['ERR_INVALID_CLIENT', 'ERR_CLIENT_AUTHENTICATION_FAILED']
const unreached = ['ERR_NETWORK', 'ERR_TLS_ERROR']

/** Reports the token, or why there is none. */
export async function lookAtTokenRequest(request: AskedRequest): Promise<Outcome> {
  const { token, warnings } = request.visit
  const whitespace = warnings.includes('secret_has_whitespace')
    ? [finding('secret-whitespace', 'The secret begins or ends with whitespace.')]
    : []
  if (token === undefined) return { summary: '', findings: [...whitespace, ...(await reasons(request))] }
  return {
    summary: `got a token that lives for ${span(token.expiresAt - token.obtainedAt)}`,
    findings: whitespace,
    fact: true
  }
}

async function reasons(request: AskedRequest): Promise<readonly Finding[]> {
  const { visit, metadata, settings } = request
  const { error } = visit
  if (error === undefined) return []
  if (refusals.includes(error.code))
    return [await findingForCredential({ visit, settings, error, offered: methodsIn(metadata) })]
  if (unreached.includes(error.code)) {
    const closer = await request.reach(endpointOf(visit, metadata))
    if (closer.length > 0) return closer
  }
  return [findingForDpop(visit, error) ?? findingForFailure(error, answerOfTokenEndpoint(visit))]
}

function endpointOf({ options }: Visit, { token_endpoint: published }: Metadata): URL {
  return new URL(configuredEndpoint(options) ?? (typeof published === 'string' ? published : (options.issuer ?? '')))
}
