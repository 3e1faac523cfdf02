export { accessTokenVerifier } from './access-token-verifier.ts'
export { answerFor, problemJson, type RefusalAnswer, type RefusalBody } from './answer-for.ts'
export { anyIssuer } from './any-issuer.ts'
export type { NonceOptions } from './dpop/nonces.ts'
export type { DpopOptions } from './dpop/proof-options.ts'
export type { ForwardedCertificate } from './forwarded-certificate.ts'
export type { GuardOptions } from './guard-core.ts'
export type { Introspection } from './introspection.ts'
export { jwks } from './keys/jwks.ts'
export { type PublicKey, publicKey } from './keys/public-key.ts'
export { jwksUri } from './keys/published-keys.ts'
export type { SavedKeys } from './keys/saved-keys.ts'
export { sharedSecret } from './keys/shared-secret.ts'
export type { KeySource } from './keys/verification-keys.ts'
export type { FastifyReply, GuardedResponse } from './node-response.ts'
export { auth0 } from './profiles/auth0.ts'
export { cognito } from './profiles/cognito.ts'
export { duende } from './profiles/duende.ts'
export { type EntraOptions, entra } from './profiles/entra.ts'
export { githubActions } from './profiles/github-actions.ts'
export { googleServiceAccount } from './profiles/google-service-account.ts'
export { hydra } from './profiles/hydra.ts'
export { type KeycloakOptions, keycloak } from './profiles/keycloak.ts'
export { kubernetes } from './profiles/kubernetes.ts'
export { okta } from './profiles/okta.ts'
export { ping } from './profiles/ping.ts'
export { rfc9068 } from './profiles/rfc9068.ts'
export { type SpiffeOptions, spiffe } from './profiles/spiffe.ts'
export { springAuthorizationServer } from './profiles/spring-authorization-server.ts'
export { springOAuth2 } from './profiles/spring-oauth2.ts'
export type {
  AudiencePlace,
  ClaimPath,
  ClaimTest,
  ClaimTests,
  NamesPlace,
  TokenProfile
} from './profiles/token-profile.ts'
export { type XsuaaOptions, xsuaa } from './profiles/xsuaa.ts'
export { type ZitadelOptions, zitadel } from './profiles/zitadel.ts'
export {
  type ProtectedResource,
  protectedResourceMetadata,
  protectedResourceMetadataUrl
} from './protected-resource-metadata.ts'
export {
  accessTokenOf,
  type GuardedRequest,
  type NodeRequest,
  optionalAccessTokenOf,
  type RequireTokenOptions,
  requireToken,
  type TokenGuard
} from './require-token.ts'
export { type RoleClaims, roleClaims } from './role-claims.ts'
export { allOf, anyOf, authenticated, type Rule, roles, scopeMatching, scopePrefix, scopes } from './rules.ts'
export type { PlainHeaders, PlainRequest, ReceivedRequest, TokenCarrier } from './token-carrier.ts'
export { type RefusalReason, TokenRefusedError } from './token-refused-error.ts'
export { acceptMissingAudience, acceptPlainJwt } from './trust.ts'
export { isClientToken, type VerifiedToken } from './verified-token.ts'
export type { AccessTokenVerifier } from './verifier.ts'
export type { AccessTokenVerifierOptions, IsRevoked } from './verifier-options.ts'
