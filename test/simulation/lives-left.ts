import type { Held, Ledger, Row } from './ledger.ts'
import { hasRefusedToken, longestInBackground } from './service-state.ts'
import type { Service } from './world.ts'

/** What may have been left of a token at a failure. One possibility is undefined if the request may have left after the token's end. */
export function livesAt(
  held: Held | undefined,
  { at, sentAt }: Pick<Row, 'at' | 'sentAt'>,
  slack: number
): readonly (number | undefined)[] {
  if (held === undefined) return [undefined]
  const left = held.endsAt - at
  if (left >= slack) return [left]
  // A flight can fail before any request is seen, for example because there is no credential.
  const leftAt = sentAt ?? at - longestInBackground
  if (leftAt >= held.endsAt + slack) return [undefined]
  if (sentAt === undefined || Math.abs(left) < slack || leftAt > held.endsAt - slack)
    return [Math.max(0, left), undefined]
  return [0]
}

/** Failures that happened while there was a token do not make the waits without a token longer. */
export function failuresIn({ failures, withoutToken }: Row, remaining: number | undefined, isRefused: boolean): number {
  return remaining === undefined || isRefused ? Math.max(1, withoutToken) : failures
}

interface TokenLeft {
  /** Milliseconds; undefined without a token. */
  readonly remaining: number | undefined
  readonly isRefused: boolean
}

/** How the library may see the token in hand. It ignores a refusal that comes soon after another one. */
export function tokensLeft(
  service: Service,
  ledger: Ledger,
  lives: readonly (number | undefined)[]
): readonly TokenLeft[] {
  const isRefused = hasRefusedToken(service, ledger)
  const seen = lives.map((remaining) => ({ remaining, isRefused }))
  return seen.flatMap((one) => (isRefused && one.remaining !== undefined ? [one, { ...one, isRefused: false }] : [one]))
}
