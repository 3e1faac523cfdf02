export { type AccessTokenVerifier, accessTokenVerifier } from './access-token-verifier.ts'
export type { TokenCarrier } from './bearer-token.ts'
export type { ForwardedCertificate } from './certificate-binding.ts'
export type { Introspection } from './introspection.ts'
export { jwks } from './keys/jwks.ts'
export { publicKey } from './keys/public-key.ts'
export { jwksUri } from './keys/published-keys.ts'
export { sharedSecret } from './keys/shared-secret.ts'
export type { KeySource } from './keys/verification-keys.ts'
export { type AccessTokenVerifierOptions, acceptPlainJwt } from './options.ts'
export {
  type ProtectedResource,
  protectedResourceMetadata,
  protectedResourceMetadataUrl
} from './protected-resource-metadata.ts'
export { accessTokenOf, type RequireTokenOptions, requireToken, type TokenGuard } from './require-token.ts'
export { type RoleClaims, roleClaims } from './role-claims.ts'
export { allOf, anyOf, type Rule, roles, scopes } from './rules.ts'
export { type RefusalReason, TokenRefusedError } from './token-refused-error.ts'
export { isClientToken, type VerifiedToken } from './verified-token.ts'
