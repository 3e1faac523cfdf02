import { TokenCache } from '../../src/cache/token-cache.ts'
import type { Clock } from '../../src/clock.ts'
import { TokenClientError } from '../../src/errors.ts'
import type { EventName, TokenClientEvents } from '../../src/events.ts'
import { manualClock } from '../../src/testing/index.ts'
import type { AccessToken } from '../../src/token/access-token.ts'
import type { RefreshPolicy } from '../../src/token/lifetime.ts'
import { type TokenRequest, tokenRequest } from '../../src/token/token-request.ts'
import { scriptedSource } from '../support/scripted-source.ts'

// This code is loaded at the first failure, but a held clock cannot wait for the disk.
await import('p-retry')

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const life = 12 * hour
export const read = tokenRequest({ scope: ['read'] })
export const write = tokenRequest({ scope: ['write'] })

export const down = () => new TokenClientError('ERR_SERVER_ERROR', 'down', { transient: true, status: 503 })
export const refused = () => new TokenClientError('ERR_INVALID_CLIENT', 'refused', { transient: false, status: 401 })
export const noSuchScope = () => new TokenClientError('ERR_INVALID_SCOPE', 'x', { transient: false })
export const rateLimited = (retryAfter: number) =>
  new TokenClientError('ERR_RATE_LIMITED', 'x', { transient: true, retryAfter })

export interface Told<Name extends EventName = EventName> {
  readonly name: Name
  readonly event: TokenClientEvents[Name]
}

interface SetUp {
  readonly refresh?: RefreshPolicy
  readonly random?: number
  /** Milliseconds by which timers fire before their time, as those of Node do. */
  readonly early?: number
  readonly credentialChanged?: () => Promise<boolean>
  readonly maxWaiting?: number
}

export function setUp({ refresh, random = 0.5, early = 0, credentialChanged, maxWaiting = 10_000 }: SetUp = {}) {
  const clock = manualClock({ random })
  const startTimer: Clock['startTimer'] = (callback, delay) => clock.startTimer(callback, delay - early)
  const source = scriptedSource(clock)
  const told: Told[] = []
  const emit = <Name extends EventName>(name: Name, event: TokenClientEvents[Name]) => void told.push({ name, event })
  const timeout = 10 * second
  const asked = credentialChanged === undefined ? source : Object.assign(source, { changed: credentialChanged })
  const made = new TokenCache({ source: asked, clock: { ...clock, startTimer }, timeout, refresh, maxWaiting, emit })
  const [token, refreshNow] = [made.token.bind(made), made.refresh.bind(made)]
  const cache: TokenCache = Object.assign(made, {
    token(...asked: Parameters<TokenCache['token']>) {
      const answer = token(...asked)
      // A test looks at a failure later than it happens.
      if (answer instanceof Promise) answer.catch(() => {})
      return answer
    },
    refresh(...asked: Parameters<TokenCache['refresh']>) {
      const answer = refreshNow(...asked)
      answer.catch(() => {})
      return answer
    }
  })
  const names = () => told.map(({ name }) => name)

  /** A token that was requested more than a second ago, so that the next flight can start, and that was used once. */
  async function warm(request = read, lifetime = life): Promise<AccessToken> {
    const promise = Promise.resolve(cache.token(request))
    await clock.advance(0)
    await source.last.give(lifetime)
    await promise
    await clock.advance(second)
    return cache.token(request) as AccessToken
  }
  return { clock, source, told, names, cache, warm }
}

/** The current state of a promise: a token, an error, or 'pending'. */
export async function outcome(
  promise: AccessToken | Promise<AccessToken>,
  clock: { advance(ms: number): Promise<void> }
) {
  let result: unknown = 'pending'
  Promise.resolve(promise).then(
    (token) => (result = token),
    (error) => (result = error)
  )
  await clock.advance(0)
  return result as AccessToken | TokenClientError | 'pending'
}

export const codeOf = (result: unknown) => (result instanceof TokenClientError ? result.code : result)

export async function settles(
  cache: TokenCache,
  clock: { advance(ms: number): Promise<void> },
  request: TokenRequest = read
) {
  return outcome(cache.token(request), clock)
}
