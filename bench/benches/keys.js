import { probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, rounded, spread } from '../support/verdict.js'

export const title = 'Many keys: heap per kept token of 914 bytes, and a call that names its scope'

export async function run({ quick }) {
  const rows = []
  const lookUps = {}
  const overFloor = {}
  let bytes
  for (const keys of [1, 100, 10_000]) {
    const results = await probes(quick ? 1 : 10, 'keys', [keys], ['--expose-gc'])
    const named = await probes(quick ? 3 : 10, 'named-scope', [keys, quick ? 20 : 40])
    lookUps[keys] = summary(named.map(({ nanoseconds }) => nanoseconds))
    overFloor[keys] = summary(named.map((result) => result.overFloor))
    bytes = summary(results.map((result) => result.bytes))
    const perToken = keys === 10_000 ? spread(bytes, ' B') : ''
    rows.push([rounded(keys), spread(lookUps[keys], ' ns'), spread(overFloor[keys]), perToken])
  }
  return {
    columns: ['keys', 'a call', 'over the floor', 'heap per token'],
    rows,
    verdicts: [
      atMost('heap per token', bytes.median, 1400, ' B'),
      atMost('a call that names its scope, 10,000 keys, over the floor', overFloor[10_000].median, 1.2, ' ×')
    ]
  }
}
