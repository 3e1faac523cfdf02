import type { FaultName, FaultValues } from './fault-kinds.ts'
import type { FaultReach } from './fault-queue.ts'

/** A fault to try on a service, and what a good service does. */
export interface WayToBreak {
  readonly title: string
  readonly fault: FaultName
  readonly values: FaultValues
  readonly reach: FaultReach
  /** What a service with a good token client does. */
  readonly expect: string
}

const goesOn =
  'Calls continue with the current token. Without a token they fail at once, with an error that says that a retry can succeed.'
const comesBack = 'Calls continue, and the client repeats the token request after a pause.'
const refusesAnswer = 'The client refuses the answer with an error that says why, and keeps the current token.'

function way(title: string, fault: FaultName, values: FaultValues, expect: string, reach: FaultReach = {}): WayToBreak {
  return { title, fault, values, reach, expect }
}

const html = { 'content-type': 'text/html' }

/** Twenty-nine faults that real servers have had. */
export const waysToBreak: readonly WayToBreak[] = [
  way('The server is down', 'down', {}, goesOn),
  way(
    'Every token takes two seconds',
    'slow',
    { ms: 2000 },
    'Only calls without a token wait. The client refreshes tokens in the background.'
  ),
  way('One token in five takes five seconds', 'slow', { ms: 5000 }, 'No call waits while the client has a token.', {
    probability: 0.2
  }),
  way(
    'The answer arrives byte by byte',
    'drip',
    { ms: 100 },
    'The request ends at its deadline. Calls continue with the current token.'
  ),
  way(
    'The server never answers',
    'hang',
    {},
    'The request ends at its deadline. Calls continue with the current token.'
  ),
  way('The connection is reset', 'reset', {}, comesBack),
  way('The answer breaks off', 'resetAtByte', { count: 20 }, comesBack),
  way('503 from a gateway', 'answer', { status: 503 }, comesBack),
  way(
    '503 with Retry-After: 30 seconds',
    'answer',
    { status: 503, headers: { 'retry-after': '30' } },
    'The client does not ask again for 30 seconds.'
  ),
  way('One answer in three is 500', 'answer', { status: 500 }, comesBack, { probability: 0.33 }),
  way(
    '429 with Retry-After: 10 seconds',
    'rateLimit',
    { retryAfter: 10_000 },
    'The client does not ask again for ten seconds.'
  ),
  way('429 without Retry-After', 'rateLimit', {}, 'The pause grows with each refusal.'),
  way('404 from a gateway', 'answer', { status: 404 }, goesOn),
  way('A login page', 'answer', { headers: html, body: '<html><form>Log in' }, refusesAnswer),
  way(
    'A redirect to a login page',
    'redirect',
    { location: 'https://login.invalid/', status: 302 },
    'The client does not follow the redirect, because it would send the secret there.'
  ),
  way('No content', 'answer', { status: 204 }, refusesAnswer),
  way(
    'Half a JSON document',
    'answer',
    { headers: { 'content-type': 'application/json' }, body: '{"access_tok' },
    refusesAnswer
  ),
  way(
    'A token without token_type',
    'alter',
    { without: ['token_type'] },
    'The client accepts or refuses it. Its documentation says which.'
  ),
  way(
    'A token without expires_in',
    'alter',
    { without: ['expires_in'] },
    'The client uses the token for a time that its documentation names.'
  ),
  way('expires_in as text', 'alter', { members: { expires_in: '43200' } }, 'The client reads it as a number.'),
  way('Less scope than asked for', 'alter', { members: { scope: 'none' } }, 'The service learns which scope it got.'),
  way(
    'Tokens that live for three seconds',
    'lifetime',
    { ms: 3000 },
    'The client asks for a token every few seconds, and no call uses one that has expired.'
  ),
  way(
    'The same token again',
    'sameToken',
    {},
    'The token keeps its old end, and the client does not send a storm of requests.'
  ),
  way(
    'The clock is six minutes behind',
    'clockOffset',
    { ms: -360_000 },
    'Calls continue, because the client measures the age of a token on its own clock.'
  ),
  way(
    'The clock is six minutes ahead',
    'clockOffset',
    { ms: 360_000 },
    'Services that verify tokens themselves refuse tokens from the future, and say so.'
  ),
  way(
    'The client is refused',
    'answer',
    { status: 401, body: { error: 'invalid_client' } },
    'The client reads the secret again, and tries it at most once more.',
    { requests: 5 }
  ),
  way(
    'Metadata of another issuer',
    'alter',
    { members: { issuer: 'https://other.invalid' } },
    'The client refuses the metadata and does not send its secret.',
    { at: 'metadata' }
  ),
  way(
    'No keys',
    'answer',
    { body: { keys: [] } },
    'Services continue with the keys they have, and refuse tokens that they cannot verify.',
    { at: 'jwks' }
  ),
  way(
    'Introspection is not available',
    'answer',
    { status: 503 },
    'A service that uses introspection answers 503, not 401, because the token may be valid.',
    { at: 'introspection' }
  )
]
