// When clients refresh: most of them `ahead` seconds before the end of a token, ours after a share of its life.

/** Seconds that a token must live so that its refresh is due after so many seconds. */
export function lifeDueAfter(seconds, { ahead, share }) {
  return share === undefined ? ahead + seconds : Math.round(seconds / share)
}

/** So many seconds before the end of a token of an hour its refresh is due, and the token still serves. */
export function secondsLeftWhenDue({ ahead = 600 }) {
  return Math.max(ahead / 2, 5)
}
