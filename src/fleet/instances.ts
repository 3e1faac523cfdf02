/** What each instance knows. Each field is one array for all instances, so a million instances need only a hundred megabytes. Times are in simulated ms. */
export interface Instances {
  readonly obtainedAt: Float64Array
  readonly endsAt: Float64Array
  /** When the instance began to fail without a usable token, or NaN if it has not. */
  readonly outageSince: Float64Array
  readonly failures: Uint16Array
  readonly refreshes: Uint16Array
  /** When the instance last asked the authorization server. */
  readonly askedAt: Float64Array
  /** Since when the instance has been polling the store because another one holds the lease, or NaN if it is not polling. */
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
