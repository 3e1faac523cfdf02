import { probe } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { startTokenServer } from '../support/token-server.js'
import { inTurns } from '../support/turns.js'
import { atMost, spread } from '../support/verdict.js'

export const title = 'From the start of a process to its first token, with Node itself in it'

export const names = ['ours', 'node-http', 'undici', 'badgateway', 'openid-client', 'xssec']

export async function run({ quick }) {
  const results = await firstTokens(quick ? 7 : 25, names)
  const figure = (name, part) => summary(results[name].map((result) => result[part]))
  return {
    columns: ['client', 'until the token', 'processor time', 'memory'],
    rows: names.map((name) => [
      name,
      spread(figure(name, 'milliseconds'), ' ms'),
      spread(figure(name, 'processor'), ' ms'),
      spread(figure(name, 'mebibytes'), ' MiB')
    ]),
    verdicts: [
      atMost('first token over undici alone', over(results, 'undici').median, 0.5, ' ×'),
      atMost('first token over node:http alone', over(results, 'node-http').median, 1.25, ' ×'),
      atMost('memory over undici alone', over(results, 'undici', 'mebibytes').median, 0.8, ' ×')
    ]
  }
}

export async function firstTokens(rounds, entrants) {
  const server = await startTokenServer()
  const results = await inTurns(rounds, entrants, (name) => probe('first-token', [name, server.tokenEndpoint]))
  server.close()
  return results
}

/** Ours over theirs, round by round. */
export function over(results, name, part = 'milliseconds') {
  return summary(results.ours.map((result, round) => result[part] / results[name][round][part]))
}
