import type { FaultName, FaultValues } from './fault-kinds.ts'
import type { FaultReach } from './fault-queue.ts'

/** One thing to try on a service, and what a good service does then. */
export interface WayToBreak {
  readonly title: string
  readonly fault: FaultName
  readonly values: FaultValues
  readonly reach: FaultReach
  /** What a service notices whose token client is good. */
  readonly expect: string
}

const goesOn =
  'Calls continue with the current token. Without a token they fail at once, with an error that says that they can be repeated.'
const comesBack = 'Calls go on, and the token request is repeated after a pause.'
const refusesAnswer = 'The answer is refused with an error that says why. The current token is kept.'

function way(title: string, fault: FaultName, values: FaultValues, expect: string, reach: FaultReach = {}): WayToBreak {
  return { title, fault, values, reach, expect }
}

const html = { 'content-type': 'text/html' }

/** Twenty-nine things that have happened to people, each as a switch. */
export const waysToBreak: readonly WayToBreak[] = [
  way('The server is down', 'down', {}, goesOn),
  way(
    'Every token takes two seconds',
    'slow',
    { ms: 2000 },
    'Only calls without a token wait. Refreshes happen behind the calls.'
  ),
  way('One token in five takes five seconds', 'slow', { ms: 5000 }, 'No call waits while there is a token.', {
    probability: 0.2
  }),
  way('The answer drips', 'drip', { ms: 100 }, 'The deadline ends the request. Calls continue with the current token.'),
  way('The server never answers', 'hang', {}, 'Each wait has an end. Calls continue with the current token.'),
  way('The connection is reset', 'reset', {}, comesBack),
  way('The answer breaks off', 'resetAtByte', { count: 20 }, comesBack),
  way('503 from a gateway', 'answer', { status: 503 }, comesBack),
  way(
    '503, come back in 30 seconds',
    'answer',
    { status: 503, headers: { 'retry-after': '30' } },
    'Nobody asks again for 30 seconds.'
  ),
  way('One answer in three is 500', 'answer', { status: 500 }, comesBack, { probability: 0.33 }),
  way('429, come back in 10 seconds', 'rateLimit', { retryAfter: 10_000 }, 'Nobody asks again for ten seconds.'),
  way('429 and no time', 'rateLimit', {}, 'The pause grows with each refusal.'),
  way('404 from a gateway', 'answer', { status: 404 }, goesOn),
  way('A login page', 'answer', { headers: html, body: '<html><form>Log in' }, refusesAnswer),
  way(
    'A redirect to a login page',
    'redirect',
    { location: 'https://login.invalid/', status: 302 },
    'The redirect is not followed: it would carry the secret.'
  ),
  way('No content', 'answer', { status: 204 }, refusesAnswer),
  way(
    'Half a JSON document',
    'answer',
    { headers: { 'content-type': 'application/json' }, body: '{"access_tok' },
    refusesAnswer
  ),
  way(
    'A token without type',
    'alter',
    { without: ['token_type'] },
    'It is taken or refused, and the choice is written down.'
  ),
  way(
    'A token without life',
    'alter',
    { without: ['expires_in'] },
    'The token is used, for a time that is written down.'
  ),
  way('A life as text', 'alter', { members: { expires_in: '43200' } }, 'It is read as the number that it means.'),
  way('Less scope than asked for', 'alter', { members: { scope: 'none' } }, 'The service learns which scope it got.'),
  way(
    'Tokens of three seconds',
    'lifetime',
    { ms: 3000 },
    'The client asks for a token every few seconds, and no call uses one that has expired.'
  ),
  way(
    'The same token again',
    'sameToken',
    {},
    'It expires when it would have expired before. There is no storm of requests.'
  ),
  way(
    'The clock is six minutes behind',
    'clockOffset',
    { ms: -360_000 },
    'Calls go on: a token lives from the moment it was asked for.'
  ),
  way(
    'The clock is six minutes ahead',
    'clockOffset',
    { ms: 360_000 },
    'Services that verify by themselves refuse tokens from the future, and say so.'
  ),
  way(
    'The client is refused',
    'answer',
    { status: 401, body: { error: 'invalid_client' } },
    'The secret is read again, and then tried at most once more.',
    { requests: 5 }
  ),
  way(
    'Metadata of another issuer',
    'alter',
    { members: { issuer: 'https://other.invalid' } },
    'The document is refused, and no secret is sent.',
    { at: 'metadata' }
  ),
  way(
    'No keys',
    'answer',
    { body: { keys: [] } },
    'Services go on with the keys they have, and refuse what they cannot verify.',
    { at: 'jwks' }
  ),
  way(
    'Introspection is away',
    'answer',
    { status: 503 },
    'A service that asks says 503, not 401: the token may be good.',
    { at: 'introspection' }
  )
]
