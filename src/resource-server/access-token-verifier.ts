import { sender } from '../http/send.ts'
import { unverifiedIssuer } from './chosen-verifier.ts'
import { isCompactJws } from './compact-jws.ts'
import { sealedNonces } from './dpop/nonces.ts'
import { proofCheck } from './dpop/proof-check.ts'
import { judge } from './judge.ts'
import { checkForm, likelyToken, presentedToken } from './presented-token.ts'
import { checkBinding, type SenderConstraint, type TokenUse } from './sender-constraint.ts'
import { hasTenants, tenantsVerifier } from './tenants.ts'
import { credentialsIn, type TokenCarrier } from './token-carrier.ts'
import { TokenCheck } from './token-check.ts'
import { RefusedToken } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { AccessTokenVerifier } from './verifier.ts'
import { withInternals } from './verifier-internals.ts'
import { type AccessTokenVerifierOptions, checkOptions, type IsRevoked } from './verifier-options.ts'

/**
 * Creates a verifier for the access tokens of one issuer (RFC 9068 §4). It fetches the issuer's keys and verifies signed tokens without asking about each one.
 * @throws ClientConfigurationError
 */
export function accessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  if (typeof options === 'object' && options !== null && hasTenants(options))
    return tenantsVerifier(options, accessTokenVerifier)
  const how = checkOptions(options)
  const { challenge, dpop, isRevoked } = how
  const toIssuer = sender({ ...how.transport, clock: how.clock })
  const tokens = new TokenCheck(how, toIssuer)
  const nonces = dpop?.nonces && sealedNonces(dpop.nonces, how.clock)
  const proofs = dpop && proofCheck({ ...dpop, nonces }, how.clock)
  const constraint: SenderConstraint = { ...how.constraint, proofs, keyRequired: dpop?.required === true }
  const speaksDpop = dpop !== undefined

  function check(carrier: TokenCarrier): VerifiedToken | Promise<VerifiedToken> {
    const credentials = credentialsIn(carrier)
    // A known token does not have to be read again.
    const token =
      tokens.known(likelyToken(credentials, speaksDpop)) ?? tokens.check(presentedToken(credentials, speaksDpop))
    return token instanceof Promise
      ? token.then((landed) => used({ token: landed, credentials, carrier }))
      : used({ token, credentials, carrier })
  }

  /** Does the checks that every use of a token needs, even if the token was verified before. */
  function used(use: TokenUse): VerifiedToken | Promise<VerifiedToken> {
    checkForm(use.credentials)
    checkBinding(use, constraint)
    return isRevoked === undefined ? use.token : unrevoked(use.token, isRevoked)
  }

  const { refusal, ...judging } = judge({ challenge, expected: how.trust.expected, nonce: proofs?.nonce, check })
  const verifier: AccessTokenVerifier = {
    ...judging,
    keys: { export: () => tokens.exportKeys() },
    async close() {
      tokens.close()
      proofs?.close()
      await toIssuer.close()
    }
  }
  const { issuers, profile } = how.trust.expected
  return withInternals(verifier, {
    judges(token) {
      if (!isCompactJws(token)) return how.introspection !== undefined
      const issuer = unverifiedIssuer(token)
      return issuer === undefined ? !profile.required.includes('iss') : issuers.includes(issuer)
    },
    issuers,
    takesOpaqueTokens: how.introspection !== undefined,
    refusal
  })
}

/** Only `false` means that a token is not revoked. A hook that returns nothing has not said so. */
async function unrevoked(token: VerifiedToken, isRevoked: IsRevoked): Promise<VerifiedToken> {
  if ((await isRevoked(token)) !== false) throw new RefusedToken('revoked')
  return token
}
