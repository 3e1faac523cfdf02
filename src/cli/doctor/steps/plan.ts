import { span } from '../../printed-words.ts'
import type { Outcome } from '../step.ts'
import type { Visit } from '../visit.ts'

const width = 60

/** Shows when the token is refreshed, and how long an outage may then last. */
export function refreshPlan({ client, token }: Visit): Outcome<readonly string[]> {
  const [{ refreshAt, expiresAt } = {}] = client.health().tokens
  if (token === undefined || refreshAt === undefined || expiresAt === undefined) return { summary: '' }
  const life = expiresAt - token.obtainedAt
  const until = refreshAt - token.obtainedAt
  const column = Math.max(1, Math.min(width - 2, Math.round((until / life) * width)))
  return {
    summary: `refreshed after ${span(until)}, ${span(life - until)} before its end`,
    fact: [
      `${'0'.padEnd(column)}${span(until)}${span(life).padStart(Math.max(width - column - span(until).length + 1, span(life).length + 1))}`,
      `|${'='.repeat(column - 1)}R${'-'.repeat(width - column - 1)}|`,
      '= every call uses the token   R refresh, at a random moment for each token   - the token stays in use if the refresh fails',
      `After R the authorization server can be down for ${span(life - until)} before any call fails.`
    ]
  }
}
