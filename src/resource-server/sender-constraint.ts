import { presentedThumbprint } from './certificate-binding.ts'
import type { ProofCheck } from './dpop/proof-check.ts'
import { provenRequest } from './dpop/proven-request.ts'
import type { CertificateHeader } from './forwarded-certificate.ts'
import { hasDpopScheme, presentedToken } from './presented-token.ts'
import type { Credentials, TokenCarrier } from './token-carrier.ts'
import { RefusedToken } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'

/** How to check that a token is used by the client it was issued to. */
export interface SenderConstraint {
  /** Refuses tokens that are bound to nothing. */
  readonly required: boolean
  readonly forwardedCertificate: CertificateHeader | undefined
  /** Refuses tokens that are not bound to a DPoP key. */
  readonly keyRequired: boolean
  /** Undefined if DPoP is not accepted. */
  readonly proofs: ProofCheck | undefined
  /** The URLs by which clients reach the root of this service. */
  readonly externalUrls: readonly string[]
}

/** A request whose token has been verified. */
export interface TokenUse {
  readonly token: VerifiedToken
  readonly carrier: TokenCarrier
  readonly credentials: Credentials
}

const kinds = ['jkt', 'x5t#S256']

/**
 * Checks that the client has what the token is bound to: a certificate (RFC 8705 §3), a key (RFC 9449 §7), or both. A token with another kind of
 * binding is refused, because accepting it as a plain bearer token would undo the binding.
 * @throws RefusedToken
 */
export function checkBinding(use: TokenUse, constraint: SenderConstraint): void {
  const { proofs, required, keyRequired } = constraint
  const { jkt, certificate } = bindingsOf(use.token)
  if (jkt !== undefined && proofs === undefined) throw new RefusedToken('unknown_binding')
  if (certificate !== undefined && certificate !== certificateOf(use, constraint))
    throw new RefusedToken('wrong_certificate')
  const isProven = proofs !== undefined && hasDpopScheme(use.credentials)
  if (jkt === undefined) {
    if (isProven || keyRequired || (required && certificate === undefined)) throw new RefusedToken('unbound_token')
    return
  }
  if (!isProven) throw new RefusedToken('bound_as_bearer')
  const token = presentedToken(use.credentials, true)
  proofs.check(provenRequest(use.carrier, constraint.externalUrls), { thumbprint: jkt, token })
}

/** Refuses a token with an unknown or malformed binding, because it cannot be checked. */
function bindingsOf({ claims: { cnf } }: VerifiedToken) {
  if (cnf === undefined) return {}
  const members = typeof cnf === 'object' && cnf !== null ? Object.entries(cnf) : []
  if (members.length === 0 || !members.every(([name, value]) => kinds.includes(name) && typeof value === 'string'))
    throw new RefusedToken('unknown_binding')
  const { jkt, 'x5t#S256': certificate } = cnf as Record<string, string>
  return { jkt, certificate }
}

function certificateOf({ credentials }: TokenUse, { forwardedCertificate }: SenderConstraint): string | undefined {
  return presentedThumbprint(credentials.request, forwardedCertificate)
}
