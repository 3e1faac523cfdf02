import { decoded } from '../../jwt/jwt-part.ts'
import { verify } from '../../jwt/verification.ts'
import { printable } from '../../printed-words.ts'
import { type Finding, type FindingName, finding } from '../finding.ts'
import type { Outcome } from '../step.ts'
import type { Visit } from '../visit.ts'

/** The refusals that are the authorization server's fault. What a service itself expects (type, claims) is not known here. */
const faults: Readonly<Record<string, FindingName>> = {
  unknown_key: 'key-unknown',
  bad_signature: 'signature-wrong',
  algorithm_not_allowed: 'signature-wrong',
  wrong_issuer: 'token-issuer',
  ERR_KEYS_UNAVAILABLE: 'keys-unavailable'
}

/** Verifies the token in the same way as a service that trusts the issuer. */
export async function lookAtSignature({ options, token }: Visit): Promise<Outcome> {
  const claims = decoded(token?.value.split('.')[1] ?? '')
  const { issuer } = options
  if (token === undefined || claims === undefined)
    return { summary: 'the token is opaque, so services have to ask the issuer about it', fact: true }
  const audience = [claims.aud].flat().filter((member): member is string => typeof member === 'string' && member !== '')
  const asked = audienceFindings(options, audience)
  if (issuer === undefined)
    return { summary: 'not checked, because no issuer is configured', findings: asked, fact: true }
  const expected = { issuer, audience: audience.length === 0 ? ['nobody'] : audience, plainJwt: true }
  const { reason = '', message = '' } = await verify(token.value, expected)
  const name = faults[reason]
  const found = name === undefined ? [] : [finding(name, message)]
  return {
    summary: found.length === 0 ? 'matches a key that the issuer publishes' : '',
    findings: [...found, ...asked],
    fact: true
  }
}

function audienceFindings({ audience, resource = [] }: Visit['options'], named: readonly string[]): Finding[] {
  const asked = [audience ?? [], resource].flat()
  if (asked.length === 0 || named.length === 0 || asked.some((one) => named.includes(one))) return []
  const what = `The client asked for ${asked.join(', ')}, but the token is for ${printable(named.join(', '))}.`
  return [finding('audience-wrong', what)]
}
