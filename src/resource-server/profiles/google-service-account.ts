import type { ClaimTest, TokenProfile } from './token-profile.ts'

const serviceAccount: ClaimTest = { at: ['email'], endsWith: '.gserviceaccount.com' }

/**
 * Google Cloud, for the identity token of a service account, with which Cloud Run and Cloud Functions call each other. People get ID tokens from the
 * same issuer, so the verified `email` must be that of a service account. The `email` is the client id. The `sub` is a number that is never reused.
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
