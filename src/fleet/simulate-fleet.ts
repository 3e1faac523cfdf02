import { uniform } from '../clock.ts'
import { drawLifetime } from '../token/lifetime.ts'
import { calendar } from './calendar.ts'
import { chance } from './chance.ts'
import { type CheckedFleet, checkedFleet, type FleetOptions } from './fleet-options.ts'
import { type FleetReport, reportOf } from './fleet-report.ts'
import { instancesOf } from './instances.ts'
import { attemptAfter } from './law.ts'
import { type SharedLease, sharedRecords } from './shared-records.ts'
import { tally } from './tally.ts'

/** How many milliseconds a token request takes. */
const fetchTime = 200
const coldWait = 2000
const leaseTime = 1000

/**
 * Simulates the load that a fleet puts on the authorization server and the store over time. It uses the library's own code for refresh and back-off.
 * Throws ClientConfigurationError for a wrong option.
 *
 * @example
 * simulateFleet({ instances: 10_000, capacity: 50 }).peaks
 */
export function simulateFleet(options: FleetOptions): FleetReport {
  const fleet = checkedFleet(options)
  const { instances, rollout, duration } = fleet
  const seconds = Math.ceil(duration / 1000)
  const events = calendar(instances, seconds)
  const counted = tally(fleet)
  const wake = instance(fleet, events, counted)
  for (let index = 0; index < instances; index += 1) events.add(index, (rollout * index) / instances)
  events.run(wake)
  return reportOf(fleet, counted)
}

/** Returns the function that is called when an event of an instance is due. */
function instance(
  fleet: CheckedFleet,
  events: ReturnType<typeof calendar>,
  counted: ReturnType<typeof tally>
): (index: number) => void {
  const { instances, lifetime, capacity, draw, outage, shards, seed } = fleet
  const random = chance(seed)
  const known = instancesOf(instances)
  const records = sharedRecords(shards)
  const { obtainedAt, endsAt, outageSince, failures, refreshes, askedAt, waitingSince } = known

  function land(index: number, token: { readonly obtainedAt: number; readonly endsAt: number }, moment: number): void {
    countGap(index, moment)
    obtainedAt[index] = token.obtainedAt
    endsAt[index] = token.endsAt
    outageSince[index] = Number.NaN
    waitingSince[index] = Number.NaN
    failures[index] = 0
    const left = token.endsAt - moment
    const isFirst = refreshes[index] === 0
    refreshes[index] = (refreshes[index] ?? 0) + 1
    const due =
      draw === 'wide' && isFirst
        ? moment + uniform(random, 0.2, 0.8) * left
        : drawLifetime(left, moment, undefined, random).dueAt
    events.add(index, due)
  }

  /** Counts the time between the end of the last token and now, in which calls failed. */
  function countGap(index: number, moment: number): void {
    const end = endsAt[index] ?? 0
    if (end === Number.NEGATIVE_INFINITY || end >= moment) return
    counted.withoutToken += moment - end
    counted.tokenLosses += 1
  }

  function ask(index: number, moment: number, shard: number): void {
    const second = Math.floor(moment / 1000)
    const asked = (counted.requests[second] ?? 0) + 1
    counted.requests[second] = asked
    askedAt[index] = moment
    const isDown = moment >= outage.at && moment < outage.at + outage.duration
    if (isDown || asked > capacity) {
      fail(index, moment, shard)
      return
    }
    const token = { obtainedAt: moment, endsAt: moment + lifetime }
    records.write(shard, token, moment + fetchTime)
    if (shards > 0) counted.command(shard, second) // This counts the write, which ends the lease too.
    land(index, token, moment)
  }

  function fail(index: number, moment: number, shard: number): void {
    const failedAt = moment + fetchTime
    const usableUntil = endsAt[index] ?? Number.NEGATIVE_INFINITY
    if (usableUntil <= failedAt && Number.isNaN(outageSince[index])) outageSince[index] = failedAt
    failures[index] = Math.min((failures[index] ?? 0) + 1, 65_535)
    const failure = { sentAt: moment, failedAt, count: failures[index], outageSince: outageSince[index] ?? failedAt }
    const next = attemptAfter(failure, usableUntil, random)
    records.hold(shard, { holder: index, until: next + leaseTime, word: true })
    events.add(index, next)
  }

  /** With a store, an instance reads the store first. It asks the authorization server only if it gets the lease or has waited long enough. */
  function look(index: number, moment: number): void {
    const shard = index % shards
    const second = Math.floor(moment / 1000)
    counted.command(shard, second)
    const record = records.read(shard, moment)
    if (record !== undefined && record.obtainedAt > (obtainedAt[index] ?? 0) && record.endsAt > moment) {
      land(index, record, moment)
      return
    }
    counted.command(shard, second)
    const lease = records.lease(shard)
    if (lease.until <= moment || lease.holder === index) {
      records.hold(shard, { holder: index, until: moment + leaseTime, word: false })
      ask(index, moment, shard)
      return
    }
    waitForHolder(index, moment, shard, lease)
  }

  function waitForHolder(index: number, moment: number, shard: number, { until, word }: SharedLease): void {
    if (Number.isNaN(waitingSince[index])) waitingSince[index] = moment
    const hasToken = (endsAt[index] ?? 0) > moment
    const hasWaited = moment - (waitingSince[index] ?? moment) >= coldWait
    if (!hasToken && hasWaited && !word) {
      ask(index, moment, shard)
      return
    }
    // If the holder has left a message about a failure, this instance waits as long as the holder does.
    events.add(index, word ? until + uniform(random, 0, leaseTime) : moment + uniform(random, 50, 400))
  }

  return (index) => {
    const moment = events.momentOf(index)
    if (shards > 0) look(index, moment)
    else ask(index, moment, 0)
  }
}
