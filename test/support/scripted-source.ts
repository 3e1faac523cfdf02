import type { ManualClock } from '../../src/testing/index.ts'
import { AccessToken } from '../../src/token/access-token.ts'
import type { TokenRequest } from '../../src/token/token-request.ts'
import type { Asking, TokenSource } from '../../src/token/token-source.ts'

export interface Call {
  readonly request: TokenRequest
  readonly patience: Asking
  /** Answers with a token of that life in ms; the value is its own unless given. */
  give(life?: number, value?: string): Promise<AccessToken>
  fail(error: unknown): Promise<void>
}

export interface ScriptedSource extends TokenSource {
  readonly calls: Call[]
  readonly last: Call
}

const twelveHours = 12 * 3_600_000

/** A token source that answers when the test says so. */
export function scriptedSource(clock: ManualClock): ScriptedSource {
  const calls: Call[] = []
  let serial = 0
  return {
    calls,
    get last() {
      const call = calls.at(-1)
      if (call === undefined) throw new Error('nothing was asked of the source')
      return call
    },
    token(request, patience = {}) {
      const obtainedAt = clock.wallTime()
      return new Promise((resolve, reject) => {
        const { signal } = patience
        signal?.addEventListener('abort', () => reject(signal.reason))
        calls.push({
          request,
          patience,
          async give(life = twelveHours, value = `value-${serial + 1}`) {
            serial += 1
            const { scope } = request
            const token = new AccessToken({ value, scope, obtainedAt, expiresAt: obtainedAt + life, serial })
            resolve(token)
            await clock.advance(0)
            return token
          },
          async fail(error) {
            reject(error)
            await clock.advance(0)
          }
        })
      })
    }
  }
}
