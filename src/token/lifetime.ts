import { type Clock, uniform } from '../clock.ts'

export type Freshness = 'fresh' | 'due' | 'suspect' | 'expired'

/** The times of one token in monotonic ms. They are chosen when the token arrives and never change. */
export interface Lifetime {
  /** From this moment on a refresh is due. */
  readonly dueAt: number
  /** From this moment on the token is replaced before use if possible. It is the end minus the guard. */
  readonly suspectAt: number
  readonly endsAt: number
}

/** The `refresh` option: a share of the life, or the length of an outage that no call may notice. */
export type RefreshPolicy = number | { readonly surviveOutage: number } | undefined

const second = 1000
const minute = 60 * second

export function freshness({ dueAt, suspectAt, endsAt }: Lifetime, now: number): Freshness {
  if (now < dueAt) return 'fresh'
  if (now < suspectAt) return 'due'
  return now < endsAt ? 'suspect' : 'expired'
}

/** The length of the last part of a life, in which a token is replaced before it is used. */
export function guardOf(life: number): number {
  return Math.min(clamp(0.01 * life, 5 * second, minute), 0.2 * life)
}

/** Chooses at random when a token is refreshed that lives for `life` ms and was requested at the monotonic moment `sentAt`. */
export function drawLifetime(life: number, sentAt: number, refresh: RefreshPolicy, clock: Clock): Lifetime {
  const [low, high] = shareOfLife(life, refresh)
  const drawn = Math.max(uniform(clock, low, high) * life, second)
  return lifetime(life, sentAt, Math.min(drawn, latestRefresh(life)))
}

/** For a server that always returns the same token. To ask early would only mean to ask more and more often. */
export function latestLifetime(life: number, sentAt: number): Lifetime {
  return lifetime(life, sentAt, latestRefresh(life))
}

/** Whether an early refresh can bridge an outage of that length at all. */
export function canSurvive(outage: number, life: number): boolean {
  return shareToSurvive(outage, life) >= leastShare
}

function lifetime(life: number, sentAt: number, refreshIn: number): Lifetime {
  const endsAt = sentAt + life
  // Whole numbers need no memory of their own, and there are thousands of tokens.
  return {
    dueAt: Math.floor(sentAt + refreshIn),
    suspectAt: Math.floor(endsAt - guardOf(life)),
    endsAt: Math.floor(endsAt)
  }
}

function latestRefresh(life: number): number {
  return life - guardOf(life) - Math.min(30 * second, life / 10)
}

const leastShare = 0.2

function shareOfLife(life: number, refresh: RefreshPolicy): [low: number, high: number] {
  if (typeof refresh === 'number') return [refresh - 0.05, refresh + 0.05]
  if (refresh !== undefined) {
    const share = Math.max(leastShare, shareToSurvive(refresh.surviveOutage, life))
    return [share - 0.1, share]
  }
  // A short life leaves less time for a second attempt, so the refresh starts earlier.
  return life < 10 * minute ? [0.5, 0.7] : [0.75, 0.85]
}

function shareToSurvive(outage: number, life: number): number {
  return 1 - (outage + guardOf(life)) / life
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
