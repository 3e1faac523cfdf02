/** What each instance knows, as columns: a million of them fit into a hundred megabytes. Times are simulated ms. */
export interface Instances {
  readonly obtainedAt: Float64Array
  readonly endsAt: Float64Array
  /** When its row of failures without a usable token began; NaN for none. */
  readonly outageSince: Float64Array
  readonly failures: Uint16Array
  readonly refreshes: Uint16Array
  /** When it last asked the authorization server. */
  readonly askedAt: Float64Array
  /** Since when it looks again and again while another instance holds the lease; NaN for not. */
  readonly waitingSince: Float64Array
}

export function instancesOf(size: number): Instances {
  const never = () => new Float64Array(size).fill(Number.NEGATIVE_INFINITY)
  const unset = () => new Float64Array(size).fill(Number.NaN)
  return {
    obtainedAt: never(),
    endsAt: never(),
    outageSince: unset(),
    failures: new Uint16Array(size),
    refreshes: new Uint16Array(size),
    askedAt: never(),
    waitingSince: unset()
  }
}
