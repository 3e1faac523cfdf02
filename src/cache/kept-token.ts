import type { AccessToken } from '../token/access-token.ts'
import { type Freshness, freshness, type Lifetime } from '../token/lifetime.ts'
import type { Now } from './now.ts'

/** A token with what was decided about it. */
export interface KeptToken extends Lifetime {
  readonly token: AccessToken
  /** Made once, so that a caller with a warm token costs no promise. */
  readonly promise: Promise<AccessToken>
  /** Wall time less monotonic time when the token was sent for. */
  readonly clockOffset: number
  /** A resource server refused it. */
  rejected: boolean
}

const order: readonly Freshness[] = ['fresh', 'due', 'suspect', 'expired']

/**
 * The monotonic clock decides: it never runs ahead, so what it calls expired is expired. The wall clock is the second
 * opinion: it saw the suspend that the monotonic clock slept through, but it can also have been set wrong, so the worst
 * that it alone can say is "suspect".
 */
export function freshnessOf(kept: KeptToken, { monotonic, wall }: Now): Freshness {
  const byMonotonic = freshness(kept, monotonic)
  const byWall = freshness(kept, wall - kept.clockOffset)
  if (byMonotonic === 'expired') return 'expired'
  if (kept.rejected || byWall === 'expired') return 'suspect'
  return order.indexOf(byWall) > order.indexOf(byMonotonic) ? byWall : byMonotonic
}

/** Monotonic moment → wall time, as the two stood to each other when the token was sent for. */
export function onWallClock({ clockOffset }: KeptToken, monotonic: number): number {
  return monotonic + clockOffset
}
