import { sender } from '../http/send.ts'
import { unverifiedIssuer } from './chosen-verifier.ts'
import { isCompactJws } from './compact-jws.ts'
import { sealedNonces } from './dpop/nonces.ts'
import { ProofCheck } from './dpop/proof-check.ts'
import { judge } from './judge.ts'
import { RequestCheck } from './request-check.ts'
import { hasTenants, tenantsVerifier } from './tenants.ts'
import { TokenCheck } from './token-check.ts'
import type { AccessTokenVerifier } from './verifier.ts'
import { withInternals } from './verifier-internals.ts'
import { type AccessTokenVerifierOptions, type CheckedOptions, checkOptions } from './verifier-options.ts'

/**
 * Creates a verifier for the access tokens of one issuer (RFC 9068 §4). It fetches the issuer's keys and verifies signed tokens without asking about each one.
 * @throws ClientConfigurationError
 */
export function accessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  if (typeof options === 'object' && options !== null && hasTenants(options))
    return tenantsVerifier(options, accessTokenVerifier)
  const how = checkOptions(options)
  const toIssuer = sender({ ...how.transport, clock: how.clock })
  const tokens = new TokenCheck(how, toIssuer)
  const proofs = proofCheck(how)
  const constraint = { ...how.constraint, proofs, keyRequired: how.dpop?.required === true }
  const requests = new RequestCheck(tokens, constraint, how.isRevoked)
  const { refusal, ...judging } = judge({
    challenge: how.challenge,
    expected: how.trust.expected,
    nonce: () => proofs?.nonce(),
    check: (carrier) => requests.check(carrier)
  })
  const verifier: AccessTokenVerifier = {
    ...judging,
    keys: { export: () => tokens.exportKeys() },
    async close() {
      tokens.close()
      proofs?.close()
      await toIssuer.close()
    }
  }
  return withInternals(verifier, { ...responsibility(how), refusal })
}

/** Undefined if DPoP is not accepted. */
function proofCheck({ dpop, clock }: CheckedOptions): ProofCheck | undefined {
  if (dpop === undefined) return undefined
  return new ProofCheck({ ...dpop, nonces: dpop.nonces && sealedNonces(dpop.nonces, clock) }, clock)
}

/** The tokens that the verifier is responsible for, if it is one of several. */
function responsibility({ trust, introspection }: CheckedOptions) {
  const { issuers, profile } = trust.expected
  const takesOpaqueTokens = introspection !== undefined
  return {
    issuers,
    takesOpaqueTokens,
    judges(token: string) {
      if (!isCompactJws(token)) return takesOpaqueTokens
      const issuer = unverifiedIssuer(token)
      return issuer === undefined ? !profile.required.includes('iss') : issuers.includes(issuer)
    }
  }
}
