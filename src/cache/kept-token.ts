import type { Clock } from '../clock.ts'
import { AccessToken } from '../token/access-token.ts'
import {
  drawLifetime,
  type Freshness,
  freshness,
  type Lifetime,
  latestLifetime,
  type RefreshPolicy
} from '../token/lifetime.ts'
import type { Now } from './now.ts'

/** A token, with its times and its refusals. */
export interface KeptToken extends Lifetime {
  readonly token: AccessToken
  /** The wall time minus the monotonic time, when the token arrived. */
  readonly clockOffset: number
  /** The origins whose resource servers have refused it, or everybody if it was invalidated. */
  refusedBy: Refusals
}

export type Refusals = 'nobody' | 'everybody' | ReadonlySet<string>

/** The result of a flight. */
export interface Landing {
  readonly token: AccessToken
  /** Before the request was sent. */
  readonly sentAt: Now
  readonly landedAt: Now
}

const order: readonly Freshness[] = ['fresh', 'due', 'suspect', 'expired']

/**
 * The monotonic clock decides. It never runs ahead, so a token that has expired by this clock has expired. The wall clock is the second
 * opinion: it has seen a suspend that the monotonic clock missed, but it can also be set wrong. The worst result from the wall clock
 * alone is therefore "suspect".
 */
export function freshnessOf(kept: KeptToken, { monotonic, wall }: Now, origin?: string): Freshness {
  const byMonotonic = freshness(kept, monotonic)
  const byWall = freshness(kept, wall - kept.clockOffset)
  if (byMonotonic === 'expired') return 'expired'
  if (isRefusedFor(kept, origin) || byWall === 'expired') return 'suspect'
  return order.indexOf(byWall) > order.indexOf(byMonotonic) ? byWall : byMonotonic
}

/** Whether it should be replaced by another token. It stays in use until then. */
export function wantsRefresh(kept: KeptToken, moment: Now): boolean {
  return kept.refusedBy !== 'nobody' || freshnessOf(kept, moment) !== 'fresh'
}

/** A refusal is by one origin. Calls to other origins still use the token. */
function isRefusedFor({ refusedBy }: KeptToken, origin: string | undefined): boolean {
  if (typeof refusedBy === 'string') return refusedBy === 'everybody'
  return origin !== undefined && refusedBy.has(origin)
}

/** Converts a monotonic moment to wall time, with the difference that both clocks had when the token arrived. */
export function onWallClock({ clockOffset }: KeptToken, monotonic: number): number {
  return monotonic + clockOffset
}

/** Chooses at random when the token is replaced. Only the remaining life counts, because another instance may have used the token before. */
export function keep(landing: Landing, refresh: RefreshPolicy, clock: Clock): KeptToken {
  const { startsAt, life } = lifeLeft(landing)
  return keptWith(landing, drawLifetime(life, startsAt, refresh, clock))
}

/** The source has returned the token that is already kept. It stays the same token, and is not refreshed early again. */
export function keepOn({ token: { serial }, endsAt }: KeptToken, landing: Landing): KeptToken {
  const { startsAt, life } = lifeLeft(landing)
  // A later answer cannot make a life longer.
  const lifetime = latestLifetime(Math.min(life, endsAt - startsAt), startsAt)
  return keptWith({ ...landing, token: AccessToken.numbered(landing.token, serial) }, lifetime)
}

function keptWith({ token, landedAt }: Landing, { dueAt, suspectAt, endsAt }: Lifetime): KeptToken {
  // A suspend before this moment has shortened the life already.
  const clockOffset = landedAt.wall - landedAt.monotonic
  return { token, dueAt, suspectAt, endsAt, clockOffset, refusedBy: 'nobody' }
}

/** If two clock readings differ by fewer milliseconds than this, they count as equal. */
const samePace = 100

/**
 * The monotonic moment from which the life of a token is measured here, and the remaining life in ms. For a new token it is the moment when
 * its request was sent, and for a token from a store it is now.
 */
export function lifeLeft({ token, sentAt, landedAt }: Landing): { readonly startsAt: number; readonly life: number } {
  const whole = token.expiresAt - token.obtainedAt
  const bySending = sentAt.monotonic + (token.expiresAt - sentAt.wall)
  const byLanding = landedAt.monotonic + (token.expiresAt - landedAt.wall)
  const wallRanAlong = Math.abs(byLanding - bySending) < samePace
  // The wall clock was set, or the machine was suspended. The shortest remaining life is used.
  const byBoth = wallRanAlong ? bySending : Math.min(bySending, byLanding, sentAt.monotonic + whole)
  // The clock of the instance that put it into the store can run ahead of this one.
  const endsAt = Math.min(byBoth, landedAt.monotonic + whole)
  const startsAt = Math.max(sentAt.monotonic, endsAt - whole)
  return { startsAt, life: endsAt - startsAt }
}
