import type { TokenClientError } from 'service-token-client'
import { type Finding, finding } from '../finding.ts'
import { answerOfTokenEndpoint, jsonObject, type Visit } from '../visit.ts'

/** Why a token request failed, if that is because of DPoP (RFC 9449). */
export function findingForDpop(visit: Visit, { code, message }: TokenClientError): Finding | undefined {
  const isRefused = code === 'ERR_INVALID_DPOP_PROOF'
  if (visit.options.dpop === undefined)
    return isRefused || saysDpop(visit)
      ? finding('dpop-demanded', 'The server refuses a token request without a DPoP proof.')
      : undefined
  if (code === 'ERR_UNSUPPORTED_TOKEN_TYPE') return finding('dpop-not-issued', message)
  return isRefused ? finding('dpop-proof-refused', message) : undefined
}

/** Some servers say only in words that a proof is missing. The words are not shown, because they can repeat what was sent. */
function saysDpop(visit: Visit): boolean {
  const { error_description: words } = jsonObject(answerOfTokenEndpoint(visit)?.body() ?? '') ?? {}
  return typeof words === 'string' && /\bdpop\b/i.test(words)
}
