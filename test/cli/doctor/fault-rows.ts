import type { AuthorizationServer } from '../../../src/authorization-server/index.ts'
import type { FindingName } from '../../../src/cli/doctor/finding.ts'
import type { Settings } from './run-doctor.ts'

export type FaultRow = readonly [
  name: FindingName,
  fault: string,
  set: (server: AuthorizationServer) => void,
  settings?: Settings
]

/** Each fault of the development server, with the finding that it must cause. */
export const faultRows: readonly FaultRow[] = [
  ['credential-refused', 'a wrong secret', () => {}, { CLIENT_SECRET: 'marker-wrong' }],
  ['credential-refused', 'a wrong secret with special characters', () => {}, { CLIENT_SECRET: 'marker-wrong %' }],
  [
    'secret-needs-encoding',
    'a secret that is sent raw',
    () => {},
    { AUTHENTICATION_METHOD: 'client_secret_basic', BASIC_ENCODING: 'raw' }
  ],
  ['scope-refused', 'a scope that it does not know', () => {}, { SCOPE: 'delete_user' }],
  [
    'scope-narrowed',
    'less scope than was asked for',
    ({ faults }) => faults.alter({ members: { scope: 'read_user' } }),
    { SCOPE: 'read_user write_user' }
  ],
  [
    'scope-widened',
    'more scope than was asked for',
    ({ faults }) => faults.alter({ members: { scope: 'read_user admin' } }),
    { SCOPE: 'read_user' }
  ],
  ['scope-malformed', 'a scope that is an object', ({ faults }) => faults.alter({ members: { scope: {} } })],
  ['audience-refused', 'an audience that it does not know', () => {}, { AUDIENCE: 'billing' }],
  ['clock-off', 'a clock six minutes ahead', ({ faults }) => faults.clockOffset(360_000)],
  ['clock-off', 'a clock six minutes behind', ({ faults }) => faults.clockOffset(-360_000)],
  [
    'html-answer',
    'a web page',
    ({ faults }) => faults.answer({ headers: { 'content-type': 'text/html' }, body: '<p>' })
  ],
  ['not-json', 'a text', ({ faults }) => faults.answer({ headers: { 'content-type': 'application/xml' }, body: 'no' })],
  ['redirected', 'a redirect to a login page', ({ faults }) => faults.redirect('https://login.test/?next=1', 302)],
  ['no-content', '204', ({ faults }) => faults.answer({ status: 204 })],
  ['status-unexpected', '403', ({ faults }) => faults.answer({ status: 403 })],
  [
    'compressed',
    'gzip',
    ({ faults }) =>
      faults.answer({ headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body: 'x' })
  ],
  ['rate-limited', '429 with Retry-After', ({ faults }) => faults.rateLimit({ retryAfter: 30_000 })],
  ['rate-limited-without-time', '429 without Retry-After', ({ faults }) => faults.rateLimit()],
  [
    'unavailable',
    '503 with Retry-After',
    ({ faults }) => faults.answer({ status: 503, headers: { 'retry-after': '30' } })
  ],
  ['unavailable-without-time', '503 without Retry-After', ({ faults }) => faults.answer({ status: 503 })],
  ['server-error', '500', ({ faults }) => faults.answer({ status: 500 })],
  ['endpoint-not-found', '404', ({ faults }) => faults.answer({ status: 404 })],
  ['token-type-missing', 'no type', ({ faults }) => faults.alter({ members: { token_type: undefined } })],
  ['token-type', 'another type', ({ faults }) => faults.alter({ members: { token_type: 'mac' } })],
  ['life-missing', 'no life', ({ faults }) => faults.alter({ members: { expires_in: undefined } })],
  ['life-malformed', 'a life in words', ({ faults }) => faults.alter({ members: { expires_in: 'long' } })],
  ['life-short', 'a life of three seconds', ({ faults }) => faults.lifetime(3000)],
  [
    'life-contradicts',
    'a life longer than its token says',
    ({ faults }) => faults.alter({ members: { expires_in: 86_000 } })
  ],
  ['token-missing', 'no token', ({ faults }) => faults.alter({ members: { access_token: undefined } })],
  ['token-malformed', 'a token with a space', ({ faults }) => faults.alter({ members: { access_token: 'a b' } })],
  [
    'token-too-large',
    'a token of 20 KB',
    ({ faults }) => faults.alter({ members: { access_token: 'a'.repeat(20_000) } })
  ],
  ['token-large', 'a token of 8 KB', ({ faults }) => faults.alter({ members: { access_token: 'a'.repeat(8_000) } })],
  ['answer-too-large', 'an answer of 70 KB', ({ faults }) => faults.alter({ members: { more: 'a'.repeat(70_000) } })],
  [
    'answer-broken',
    'half an answer',
    ({ faults }) => faults.answer({ headers: { 'content-type': 'application/json' }, body: '{' })
  ],
  ['slow', 'no answer', ({ faults }) => faults.hang(), { TIMEOUT: '1000' }],
  ['connection-broken', 'a reset', ({ faults }) => faults.reset()],
  ['connection-broken', 'an answer that is cut', ({ faults }) => faults.resetAtByte(10)],
  ['connection-broken', 'a server that is down', ({ faults }) => faults.down()],
  [
    'grant-not-allowed',
    'unauthorized_client',
    ({ faults }) => faults.answer({ status: 400, body: { error: 'unauthorized_client' } })
  ],
  [
    'grant-not-offered',
    'unsupported_grant_type',
    ({ faults }) => faults.answer({ status: 400, body: { error: 'unsupported_grant_type' } })
  ],
  [
    'request-refused',
    'invalid_request',
    ({ faults }) => faults.answer({ status: 400, body: { error: 'invalid_request' } })
  ],
  [
    'dpop-demanded',
    'invalid_request that says only in words that a proof is missing',
    ({ faults }) =>
      faults.answer({ status: 400, body: { error: 'invalid_request', error_description: 'DPoP proof is missing' } })
  ],
  [
    'dpop-not-issued',
    'a Bearer token where a bound one was asked for',
    ({ faults }) => faults.alter({ members: { token_type: 'Bearer' } }),
    { DPOP: 'true' }
  ],
  ['dpop-proof-refused', 'a nonce that never counts', ({ faults }) => faults.staleNonce(), { DPOP: 'true' }],
  [
    'dpop-proof-refused',
    'a proof that is refused',
    ({ faults }) => faults.answer({ status: 400, body: { error: 'invalid_dpop_proof' } }),
    { DPOP: 'true' }
  ],
  ['error-unknown', 'a word of its own', ({ faults }) => faults.answer({ status: 400, body: { error: 'too_bad' } })],
  [
    'issuer-slash',
    'metadata whose issuer ends with a slash',
    ({ faults, issuer }) => faults.alter({ members: { issuer: `${issuer}/` } }, { at: 'metadata' })
  ],
  [
    'issuer-mismatch',
    'metadata of another issuer',
    ({ faults }) => faults.alter({ members: { issuer: 'https://other.test' } }, { at: 'metadata' })
  ],
  [
    'metadata-insecure',
    'metadata that lead to plain HTTP',
    ({ faults }) => faults.alter({ members: { token_endpoint: 'http://auth.test/token' } }, { at: 'metadata' })
  ],
  ['metadata-missing', 'no metadata', ({ faults }) => faults.answer({ status: 404 }, { at: 'metadata' })],
  [
    'metadata-unusable',
    'a web page in place of metadata',
    ({ faults }) => faults.answer({ headers: { 'content-type': 'text/html' }, body: '<p>' }, { at: 'metadata' })
  ],
  [
    'metadata-unusable',
    'a redirect of metadata',
    ({ faults }) => faults.redirect('https://login.test', 302, { at: 'metadata' })
  ],
  [
    'unavailable-without-time',
    'metadata that answer 503',
    ({ faults }) => faults.answer({ status: 503 }, { at: 'metadata' })
  ],
  [
    'key-unknown',
    'a key that is not published',
    ({ faults }) => faults.alter({ members: { keys: [] } }, { at: 'jwks' })
  ],
  ['keys-unavailable', 'keys that answer 500', ({ faults }) => faults.answer({ status: 500 }, { at: 'jwks' })]
]
