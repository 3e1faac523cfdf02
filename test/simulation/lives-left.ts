import type { Held, Ledger, Row } from './ledger.ts'
import { hasRefusedToken, longestInBackground } from './service-state.ts'
import type { Service } from './world.ts'

/** What may have been left of a token at a failure; undefined when the request that failed may have left after its end. */
export function livesAt(
  held: Held | undefined,
  { at, sentAt }: Pick<Row, 'at' | 'sentAt'>,
  slack: number
): readonly (number | undefined)[] {
  if (held === undefined) return [undefined]
  const left = held.endsAt - at
  if (left >= slack) return [left]
  // A flight can fail before any of its requests is seen, for want of a credential say.
  const leftAt = sentAt ?? at - longestInBackground
  if (leftAt >= held.endsAt + slack) return [undefined]
  if (sentAt === undefined || Math.abs(left) < slack || leftAt > held.endsAt - slack)
    return [Math.max(0, left), undefined]
  return [0]
}

/** What failed while there was a token does not make the waits without one longer. */
export function failuresIn({ failures, withoutToken }: Row, remaining: number | undefined, isRefused: boolean): number {
  return remaining === undefined || isRefused ? Math.max(1, withoutToken) : failures
}

interface TokenLeft {
  /** Milliseconds; undefined without a token. */
  readonly remaining: number | undefined
  readonly isRefused: boolean
}

/** How the library may see the token in hand: it ignores a refusal that comes soon after another one. */
export function tokensLeft(
  service: Service,
  ledger: Ledger,
  lives: readonly (number | undefined)[]
): readonly TokenLeft[] {
  const isRefused = hasRefusedToken(service, ledger)
  const seen = lives.map((remaining) => ({ remaining, isRefused }))
  return seen.flatMap((one) => (isRefused && one.remaining !== undefined ? [one, { ...one, isRefused: false }] : [one]))
}
