import { describe, expect, test } from 'vitest'
import { TokenClientError } from '../../src/errors.ts'
import type { ManualClock } from '../../src/testing/index.ts'
import type { AccessToken } from '../../src/token/access-token.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import type { TokenSource } from '../../src/token/token-source.ts'

/** What later requests get: a new token, an error, or no answer. */
export type Mood = 'good' | 'failing' | 'silent'

export interface SourceUnderTest {
  readonly source: TokenSource
  readonly clock: ManualClock
  mood(mood: Mood): void | Promise<void>
}

const request = tokenRequest({ scope: ['read'] })
const second = 1000
const down = () => new TokenClientError('ERR_SERVER_ERROR', 'down', { transient: true, status: 503 })
export const failure = down

/** Lets time pass, at most twenty seconds, until the answer is there. */
async function answerOf(clock: ManualClock, answer: AccessToken | Promise<AccessToken>): Promise<AccessToken> {
  let settled = false
  const watched = Promise.resolve(answer).finally(() => {
    settled = true
  })
  watched.catch(() => {})
  for (let passed = 0; !settled && passed < 20 * second; passed += 20) {
    await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(20)
  }
  expect(settled, 'an answer, or an error, within twenty seconds').toBe(true)
  return watched
}

/** What the user of any token source relies on. With `keepsTime` the source obeys `maxWait` itself. */
export function testTokenSource(
  name: string,
  make: () => SourceUnderTest | Promise<SourceUnderTest>,
  { keepsTime = true }: { readonly keepsTime?: boolean } = {}
): void {
  describe(`${name} as a token source`, () => {
    test('it gives a token for the request', async () => {
      const { source, clock } = await make()
      const token = await answerOf(clock, source.token(request))
      expect(token.scope).toEqual(request.scope)
      expect(token.value).not.toBe('')
      expect(token.expiresAt).toBeGreaterThan(token.obtainedAt)
    })

    test('a failure is a rejected promise, and the next question can succeed', async () => {
      const { source, clock, mood } = await make()
      await mood('failing')
      const answer = source.token(request)
      expect(answer).toBeInstanceOf(Promise)
      await expect(answerOf(clock, answer)).rejects.toBeInstanceOf(TokenClientError)
      await mood('good')
      await clock.advance(60 * second)
      expect((await answerOf(clock, source.token(request))).value).not.toBe('')
    })

    test('a caller that leaves gets the reason of its own signal, and others still get a token', async () => {
      const { source, clock, mood } = await make()
      await mood('silent')
      const leaving = new AbortController()
      const answer = source.token(request, { signal: leaving.signal })
      const left = expect(answer).rejects.toBe('left')
      await clock.advance(0)
      leaving.abort('left')
      await left
      await mood('good')
      expect((await answerOf(clock, source.token(request))).value).not.toBe('')
    })

    test.runIf(keepsTime)('a caller that waits no longer gets a transient error', async () => {
      const { source, clock, mood } = await make()
      await mood('silent')
      const answer = answerOf(clock, source.token(request, { maxWait: 2 * second }))
      await expect(answer).rejects.toMatchObject({ code: 'ERR_TIMEOUT', transient: true })
    })

    test('in place of a refused token comes a newer one', async () => {
      const { source, clock } = await make()
      const refused = await answerOf(clock, source.token(request))
      await clock.advance(2 * second)
      const asked = source.token(request, { rejected: refused, origin: 'https://api.internal' })
      const better = await answerOf(clock, asked)
      expect(better.value).not.toBe(refused.value)
      expect(better.obtainedAt).toBeGreaterThanOrEqual(refused.obtainedAt)
    })

    test('the question whether something has changed never rejects', async () => {
      const { source, mood } = await make()
      await mood('failing')
      expect(await (source.changed?.() ?? false)).toBeTypeOf('boolean')
    })
  })
}
