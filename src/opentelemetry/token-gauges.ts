import type { BatchObservableResult, Meter } from '@opentelemetry/api'
import type { TokenHealth, TokenState } from '../cache/health.ts'
import type { Instrumented } from './instrumented.ts'

const states: readonly TokenState[] = ['fresh', 'stale', 'warming', 'failed']
/** A process can keep thousands of tokens; a metric should not have thousands of series. */
const mostTokens = 50

/** Measures how long each token still lives, how many tokens are in which state, and how long it takes until the next attempt after a failure. */
export function observeTokens({ tokens, telemetry, name }: Instrumented, meter: Meter): () => void {
  const common = { 'service_token.client.name': name }
  const remaining = meter.createObservableGauge('service_token.client.token.remaining_life', {
    description: `Time until a token ends, for the first ${mostTokens} tokens; 0 for one that is wanted and not there.`,
    unit: 's'
  })
  const count = meter.createObservableGauge('service_token.client.tokens', {
    description: 'Tokens that are kept or wanted, by state.',
    unit: '{token}'
  })
  const nextAttempt = meter.createObservableGauge('service_token.client.next_attempt', {
    description: 'Time until the next token request after a failure: the longest of all tokens; 0 without one.',
    unit: 's'
  })

  function observe(result: BatchObservableResult): void {
    const { tokens: kept } = tokens.health()
    const now = telemetry.now()
    kept.slice(0, mostTokens).forEach((token, index) => {
      result.observe(remaining, secondsUntil(token.expiresAt, now), { ...common, 'service_token.token.index': index })
    })
    for (const state of states)
      result.observe(count, countOf(kept, state), { ...common, 'service_token.token.state': state })
    result.observe(nextAttempt, Math.max(0, ...kept.map((token) => secondsUntil(token.nextAttemptAt, now))), common)
  }

  const instruments = [remaining, count, nextAttempt]
  meter.addBatchObservableCallback(observe, instruments)
  return () => meter.removeBatchObservableCallback(observe, instruments)
}

function countOf(tokens: readonly TokenHealth[], wanted: TokenState): number {
  return tokens.filter(({ state }) => state === wanted).length
}

function secondsUntil(moment: number | undefined, now: number): number {
  return moment === undefined ? 0 : Math.max(0, (moment - now) / 1000)
}
