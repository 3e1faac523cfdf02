import { ClientConfigurationError } from '../errors.ts'
import { chosenVerifier } from './chosen-verifier.ts'
import type { AccessTokenVerifier } from './verifier.ts'
import { internalsOf, type VerifierInternals } from './verifier-internals.ts'

/**
 * Accepts the tokens of several issuers. The issuer in the token selects one verifier, and only this verifier decides, with its keys, its audience
 * and its profile. A token that belongs to none of them is refused without a request to any issuer. Save the keys of each verifier separately.
 * @throws ClientConfigurationError if two verifiers are for the same tokens.
 */
export function anyIssuer(verifiers: readonly AccessTokenVerifier[]): AccessTokenVerifier {
  const given = Array.isArray(verifiers) ? [...verifiers] : []
  const internals = given.map(internalsOf)
  const [first] = given
  if (first === undefined || !internals.every((its) => its !== undefined))
    throw invalid('anyIssuer() needs an array of verifiers that accessTokenVerifier() created.')
  const known = internals as readonly VerifierInternals[]
  const issuers = known.flatMap((its) => its.issuers)
  if (new Set(issuers).size < issuers.length)
    throw invalid('Two verifiers of anyIssuer() are for the same issuer. Keep one.')
  if (known.filter((its) => its.takesOpaqueTokens).length > 1)
    throw invalid(
      'Two verifiers of anyIssuer() use introspection, but opaque tokens do not name their issuer. Keep it in one of them.'
    )
  if (known.filter((its) => its.issuers.length === 0).length > 1)
    throw invalid('Two verifiers of anyIssuer() have no issuer, so it cannot choose between them. Keep one.')
  const judges = (token: string) => given.find((_verifier, index) => known[index]?.judges(token) === true)
  return chosenVerifier({
    first,
    choose: judges,
    all: () => given,
    internals: {
      judges: (token) => judges(token) !== undefined,
      issuers,
      takesOpaqueTokens: known.some((its) => its.takesOpaqueTokens)
    }
  })
}

function invalid(message: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_CONFLICTING_OPTIONS', message)
}
