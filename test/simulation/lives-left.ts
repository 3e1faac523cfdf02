import type { Held, Ledger, Row } from './ledger.ts'
import type { Service } from './world.ts'

/** Milliseconds that a refresh may take which nobody waits for. */
export const longestInBackground = 31_500

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

/** A refusal that comes soon after another one is not listened to. */
export function refusedOrNot(
  { serials, refused }: Service,
  { held }: Ledger,
  remaining: number | undefined
): readonly boolean[] {
  const isRefused = held !== undefined && refused.has(serials.get(held.value) ?? 0)
  return isRefused && remaining !== undefined ? [true, false] : [isRefused]
}
