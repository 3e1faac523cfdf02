import { probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, rounded, spread } from '../support/verdict.js'

export const title =
  'What 10,000 keys cost: health() with all of them, tokens.state over that of a client with one key, and a new key that pushes another one out over one that finds room'

export async function run({ quick }) {
  const results = await probes(quick ? 1 : 10, 'health', [quick ? 20 : 60])
  const health = results.map((result) => result.health)
  const least = Math.min(...health.map((one) => one.least))
  const overOne = summary(results.map(({ state }) => state.overOne))
  const overRoom = summary(results.map(({ pushedOut }) => pushedOut.overRoom))
  return {
    columns: ['what', 'time', 'over one key, or room'],
    rows: [
      ['health()', `${rounded(least)} ms at least, ${spread(summary(health.map(({ median }) => median)), ' ms')}`, ''],
      ['tokens.state', spread(summary(results.map(({ state }) => state.nanoseconds)), ' ns'), spread(overOne)],
      ['a new key', '', spread(overRoom)]
    ],
    verdicts: [
      atMost('health() of 10,000 keys, at least', least, 1, ' ms'),
      atMost('tokens.state over that of one key', overOne.median, 1.5, ' ×'),
      atMost('a new key that pushes another one out over one that finds room', overRoom.median, 2, ' ×')
    ]
  }
}
