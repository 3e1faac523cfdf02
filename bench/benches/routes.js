import { probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, spread } from '../support/verdict.js'

export const title = 'The interceptor with 1,000 routes over the interceptor with one'

export async function run({ quick }) {
  const results = await probes(quick ? 2 : 10, 'routes', [quick ? 20 : 60])
  const thousand = summary(results.map((result) => result.thousand))
  const all = summary(results.map((result) => result.all))
  const paths = summary(results.map((result) => result.paths))
  return {
    columns: ['routes', 'over one route'],
    rows: [
      ['1,000 origins, one of them used', spread(thousand)],
      ['1,000 origins, used in turn', spread(all)],
      ['1,000 paths of one origin, over one path', spread(paths)]
    ],
    verdicts: [
      atMost('1,000 origins over one', thousand.median, 1.2, ' ×'),
      atMost('1,000 paths over one', paths.median, 1.2, ' ×')
    ]
  }
}
