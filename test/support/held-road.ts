import { onTestFinished } from 'vitest'
import { createTokenClient, type GetTokenOptions, type TokenClient, type TokenClientOptions } from '../../src/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { loaded } from './loaded.ts'

// Why our tests hold the clock: an outage of hours takes milliseconds, timers fire in the same order on every machine, and a test fails because of our code and
// not because the machine is busy. `advance(0)` moves no time: it lets work that has started settle. A test that runs in real time says why.

await loaded()

/** What the authorization server answers at that moment, in seconds from the start, for that scope, to that secret. */
export type Behaviour = (moment: number, scope: string, secret: string) => Response | Promise<Response>

export interface HeldRoad {
  readonly clock: ManualClock
  readonly tokens: TokenClient
  /** When token requests came, in seconds from the start. */
  readonly requests: readonly number[]
  /** Seconds from the start. */
  moment(): number
}

/** A client on a clock that the test holds, and a server that answers at once. */
export function heldRoad(behaviour: Behaviour, options: Partial<TokenClientOptions> = {}, seed = 7): HeldRoad {
  const clock = manualClock({ random: drawsFrom(seed) })
  const start = clock.monotonicTime()
  const requests: number[] = []
  const moment = () => (clock.monotonicTime() - start) / 1000

  async function answer(_url: unknown, init?: RequestInit): Promise<Response> {
    requests.push(moment())
    return behaviour(moment(), new URLSearchParams(String(init?.body)).get('scope') ?? '', secretIn(init))
  }

  const tokens = createTokenClient({
    tokenEndpoint: 'https://auth.internal/token',
    clientId: 'orders',
    clientSecret: 'a secret',
    clock,
    fetch: answer as typeof fetch,
    ...options
  } as TokenClientOptions)
  onTestFinished(() => tokens.close())
  return { clock, tokens, requests, moment }
}

/** Of client_secret_basic. */
function secretIn(init: RequestInit | undefined): string {
  const credentials = new Headers(init?.headers).get('authorization')?.slice('Basic '.length) ?? ''
  return Buffer.from(credentials, 'base64').toString().split(':')[1] ?? ''
}

let issued = 0

/** A new token of that life in seconds. */
export function granted(life: number): Response {
  issued += 1
  return Response.json({ access_token: `token-${issued}`, token_type: 'Bearer', expires_in: life })
}

/** The answer of a server that nobody reaches. */
export function unreachable(): Promise<never> {
  return Promise.reject(new TypeError('fetch failed'))
}

/** Lasts that many milliseconds on the clock that the test holds. */
export function pass(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.startTimer(resolve, ms))
}

/** Failed calls of one caller a second, over so many seconds. */
export async function failedCalls(
  { tokens, clock }: HeldRoad,
  seconds: number,
  options?: GetTokenOptions
): Promise<number> {
  let failed = 0
  for (let calls = 0; calls < seconds; calls += 1) {
    tokens.getToken(options).catch(() => {
      failed += 1
    })
    await clock.advance(1000)
  }
  return failed
}

/** Numbers in [0, 1) that are the same in each run. */
function drawsFrom(seed: number): () => number {
  let state = (seed * 1_640_531_527) % 2_147_483_647 // small seeds begin far apart too
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
