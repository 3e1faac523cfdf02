import { probes } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { atMost, spread } from '../support/verdict.js'

export const title = 'Listeners: a client that is listened to over one that is not'

export async function run({ quick }) {
  const results = await probes(quick ? 2 : 10, 'listeners', [quick ? 20 : 60])
  const of = (what, who) => summary(results.map((result) => result[what][who]))
  return {
    columns: ['what', 'another client, also without listeners', 'with a listener for everything'],
    rows: [
      ['a warm call', spread(of('warm', 'alike')), spread(of('warm', 'heard'))],
      ['a flight', spread(of('flights', 'alike')), spread(of('flights', 'heard'))]
    ],
    verdicts: [
      atMost(
        'channels without subscribers, part of a flight',
        summary(results.map(({ channels }) => channels.ofFlight)).median,
        0.01
      ),
      atMost('a flight, heard over unheard', of('flights', 'heard').median, 1.1, ' ×')
    ]
  }
}
