import { systemClock } from '../../src/clock.ts'
import { AccessToken } from '../../src/token/access-token.ts'
import type { Prover } from '../../src/token/prover.ts'
import type { TokenRequest } from '../../src/token/token-request.ts'
import type { TokenSource } from '../../src/token/token-source.ts'
import type { Patience } from '../../src/waiting/patience.ts'

/** Spending without a listener and with the clock of the machine, for tests that observe neither. */
export const unobserved = { clock: systemClock, emit() {} }

export interface TestTokens extends TokenSource {
  /** How many token requests were made. */
  readonly issued: number
  /** Callers that wait now. */
  readonly waiting: number
  /** Answers token requests again, and those that wait. */
  open(): void
  /** Lets token requests wait. */
  hold(): void
  /** Every token request fails so, until the next call without an error. */
  fail(error?: Error): void
  /** A rejected token is given back: there is no other. */
  keepRejected(): void
}

export interface TestTokensOptions {
  readonly warm?: readonly TokenRequest[]
  /** DPoP tokens in place of Bearer ones. */
  readonly prover?: Prover | undefined
}

/** Tokens `t1`, `t2`, … in the order of issue, one kept for each request, one flight for each request. */
export function testTokens({ warm = [], prover }: TestTokensOptions = {}): TestTokens {
  const kept = new Map<string, AccessToken>()
  const flights = new Map<string, Promise<AccessToken>>()
  let issued = 0
  let waiting = 0
  let failure: Error | undefined
  let keeps = false
  let gate = opened()

  function issue({ key, scope }: TokenRequest): AccessToken {
    const serial = ++issued
    const token = new AccessToken({ value: `t${serial}`, scope, obtainedAt: 0, expiresAt: 1, serial, prover })
    kept.set(key, token)
    return token
  }

  async function fly(request: TokenRequest): Promise<AccessToken> {
    await gate.opened
    flights.delete(request.key)
    if (failure !== undefined) throw failure
    return issue(request)
  }

  async function wait(flight: Promise<AccessToken>, { signal }: Patience): Promise<AccessToken> {
    waiting += 1
    let leave = () => {}
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal?.reason)
      if (signal?.aborted) leave()
      signal?.addEventListener('abort', leave)
    })
    try {
      return await Promise.race([flight, left])
    } finally {
      signal?.removeEventListener('abort', leave)
      waiting -= 1
    }
  }

  for (const request of warm) issue(request)

  return {
    token(request, asking = {}) {
      const { rejected, signal } = asking
      const token = kept.get(request.key)
      if (token !== undefined && (keeps || rejected?.serial !== token.serial)) return token
      const flight = flights.get(request.key) ?? fly(request)
      flights.set(request.key, flight)
      flight.catch(() => {})
      return wait(flight, asking).catch((error) => {
        if (rejected === undefined || signal?.aborted) throw error
        return rejected
      })
    },
    get issued() {
      return issued
    },
    get waiting() {
      return waiting
    },
    open() {
      gate.open()
      gate = opened()
    },
    hold() {
      let open = () => {}
      const opening = new Promise<void>((resolve) => {
        open = resolve
      })
      gate = { opened: opening, open }
    },
    fail(error) {
      failure = error
    },
    keepRejected() {
      keeps = true
    }
  }
}

function opened(): { readonly opened: Promise<void>; open(): void } {
  return { opened: Promise.resolve(), open() {} }
}
