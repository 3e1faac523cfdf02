import { presentedThumbprint } from './certificate-binding.ts'
import type { ProofCheck } from './dpop/proof-check.ts'
import { provenRequest } from './dpop/proven-request.ts'
import type { CertificateHeader } from './forwarded-certificate.ts'
import { hasDpopScheme, presentedToken } from './presented-token.ts'
import type { Credentials, TokenCarrier } from './token-carrier.ts'
import { RefusedToken } from './token-refused-error.ts'
import type { VerifiedToken } from './verified-token.ts'

/** What counts as a proof that a token is in the hands that it was made for. */
export interface SenderConstraint {
  /** A token that is bound to nothing is refused. */
  readonly required: boolean
  readonly forwardedCertificate: CertificateHeader | undefined
  /** A token that is not bound to a key is refused. */
  readonly keyRequired: boolean
  /** Undefined where DPoP is not spoken. */
  readonly proofs: ProofCheck | undefined
  /** The URLs by which clients reach the root of this service. */
  readonly externalUrls: readonly string[]
}

/** A request with a token that was checked. */
export interface TokenUse {
  readonly token: VerifiedToken
  readonly carrier: TokenCarrier
  readonly credentials: Credentials
}

const kinds = ['jkt', 'x5t#S256']

/**
 * Checks what a token is bound to: a certificate (RFC 8705 §3), a key (RFC 9449 §7), or both. A token with a binding of another kind is refused: to
 * take it as a plain bearer token would undo the binding.
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

/** A proof that nobody knows of, or one that is no text, cannot be checked, so the token counts for nobody. */
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
