import { median } from './statistics.js'

const warmUpTurns = 10

/**
 * Nanoseconds of processor time a call for each of several loops, by their names. They take turns in slices of about `slice` ms, so that
 * whatever else the machine does touches all of them alike.
 */
export async function takeTurns(loops, { turns = 60, slice = 5 } = {}) {
  const entrants = []
  for (const [name, loop] of Object.entries(loops)) {
    entrants.push({ name, loop, count: await callsIn(slice, loop), times: [] })
  }
  for (let turn = 0; turn < turns + warmUpTurns; turn++) {
    for (const { loop, count, times } of entrants) {
      const time = await timed(loop, count)
      if (turn >= warmUpTurns) times.push(time)
    }
  }
  return Object.fromEntries(entrants.map(({ name, times }) => [name, times]))
}

/** Slices of one turn are compared with each other alone; the median of that says more than two medians would. */
export function ratio(times, base) {
  return median(times.map((time, turn) => time / base[turn]))
}

/** For what is left when the base is taken away. */
export function difference(times, base) {
  return median(times.map((time, turn) => time - base[turn]))
}

async function callsIn(slice, loop) {
  for (let count = 1; ; count *= 2) {
    const milliseconds = ((await timed(loop, count)) * count) / 1e6
    if (milliseconds >= slice) return Math.ceil((count * slice) / milliseconds)
  }
}

/** Processor time: on a busy machine a wait for a processor says nothing about the loop. */
async function timed(loop, count) {
  const start = process.cpuUsage()
  await loop(count)
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1000) / count
}
