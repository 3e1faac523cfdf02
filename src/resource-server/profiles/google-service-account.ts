import type { ClaimTest, TokenProfile } from './token-profile.ts'

const serviceAccount: ClaimTest = { at: ['email'], endsWith: '.gserviceaccount.com' }

/**
 * Google Cloud, the identity token of a service account: what Cloud Run and Cloud Functions call each other with. People get ID tokens of the
 * same issuer, so the verified `email` must be a service account's. It is the client's id; `sub` is a number that is never given again.
 * (Google Cloud: Service-to-service authentication, Get an ID token, OpenID Connect: ID token payload.)
 */
export function googleServiceAccount(): TokenProfile {
  return {
    name: 'googleServiceAccount',
    issuers: ['https://accounts.google.com', 'accounts.google.com'],
    types: ['jwt'],
    required: ['iss', 'sub', 'iat', 'email'],
    must: [serviceAccount, { at: ['email_verified'], oneOf: [true] }],
    clientId: [['email']],
    scope: [],
    roles: [],
    client: [[serviceAccount]],
    user: []
  }
}
