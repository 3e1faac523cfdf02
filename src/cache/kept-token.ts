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

/** A token with what was decided about it. */
export interface KeptToken extends Lifetime {
  readonly token: AccessToken
  /** Wall time less monotonic time when the token was sent for. */
  readonly clockOffset: number
  /** The origins whose resource servers have refused it, or all of them: somebody has taken it from everybody. */
  refusedBy: Refusals
}

export type Refusals = 'nobody' | 'everybody' | ReadonlySet<string>

/** What a flight brought. */
export interface Landing {
  readonly token: AccessToken
  /** Before the request was sent. */
  readonly sentAt: Now
  readonly landedAt: Now
}

const order: readonly Freshness[] = ['fresh', 'due', 'suspect', 'expired']

/**
 * The monotonic clock decides: it never runs ahead, so what it calls expired is expired. The wall clock is the second
 * opinion: it saw the suspend that the monotonic clock slept through, but it can also have been set wrong, so the worst
 * that it alone can say is "suspect".
 */
export function freshnessOf(kept: KeptToken, { monotonic, wall }: Now, origin?: string): Freshness {
  const byMonotonic = freshness(kept, monotonic)
  const byWall = freshness(kept, wall - kept.clockOffset)
  if (byMonotonic === 'expired') return 'expired'
  if (isRefusedFor(kept, origin) || byWall === 'expired') return 'suspect'
  return order.indexOf(byWall) > order.indexOf(byMonotonic) ? byWall : byMonotonic
}

/** Whether another token should take its place, which serves on meanwhile. */
export function wantsRefresh(kept: KeptToken, moment: Now): boolean {
  return kept.refusedBy !== 'nobody' || freshnessOf(kept, moment) !== 'fresh'
}

/** A refusal is by an origin: calls that go elsewhere still have the token at hand. */
function isRefusedFor({ refusedBy }: KeptToken, origin: string | undefined): boolean {
  if (typeof refusedBy === 'string') return refusedBy === 'everybody'
  return origin !== undefined && refusedBy.has(origin)
}

/** Monotonic moment → wall time, as the two stood to each other when the token was sent for. */
export function onWallClock({ clockOffset }: KeptToken, monotonic: number): number {
  return monotonic + clockOffset
}

/** Draws when the token is replaced. Its life is what is left of it, for it may have been another's before. */
export function keep(landing: Landing, refresh: RefreshPolicy, clock: Clock): KeptToken {
  const { startsAt, life } = lifeLeft(landing)
  return keptWith(landing, drawLifetime(life, startsAt, refresh, clock))
}

/** The source has given the token that is kept already: it stays the same one, and is not asked for early again. */
export function keepOn({ token: { serial }, endsAt }: KeptToken, landing: Landing): KeptToken {
  const { startsAt, life } = lifeLeft(landing)
  // No later answer lengthens a life.
  const lifetime = latestLifetime(Math.min(life, endsAt - startsAt), startsAt)
  return keptWith({ ...landing, token: AccessToken.numbered(landing.token, serial) }, lifetime)
}

function keptWith({ token, sentAt }: Landing, { dueAt, suspectAt, endsAt }: Lifetime): KeptToken {
  const clockOffset = sentAt.wall - sentAt.monotonic
  return { token, dueAt, suspectAt, endsAt, clockOffset, refusedBy: 'nobody' }
}

/** Readings of two clocks that differ by less belong together. Milliseconds. */
const samePace = 100

/**
 * From when on the life of a token counts here, and what is left of it, in monotonic ms. A token that has just been issued counts
 * from the moment at which its own request left, one that comes from a store from now on.
 */
export function lifeLeft({ token, sentAt, landedAt }: Landing): { readonly startsAt: number; readonly life: number } {
  const whole = token.expiresAt - token.obtainedAt
  const bySending = sentAt.monotonic + (token.expiresAt - sentAt.wall)
  const byLanding = landedAt.monotonic + (token.expiresAt - landedAt.wall)
  const wallRanAlong = Math.abs(byLanding - bySending) < samePace
  // A wall clock that was set meanwhile, or a suspend: whatever says the least is believed.
  const byBoth = wallRanAlong ? bySending : Math.min(bySending, byLanding, sentAt.monotonic + whole)
  // The clock of whoever has put it into a store can run ahead of this one.
  const endsAt = Math.min(byBoth, landedAt.monotonic + whole)
  const startsAt = Math.max(sentAt.monotonic, endsAt - whole)
  return { startsAt, life: endsAt - startsAt }
}
