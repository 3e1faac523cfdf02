import { headerSize } from '../../jwt/header-size.ts'
import { decoded } from '../../jwt/jwt-part.ts'
import { printable, span } from '../../printed-words.ts'
import { type Finding, finding } from '../finding.ts'
import type { Outcome } from '../step.ts'
import { answerOfTokenEndpoint, jsonObject, type Visit } from '../visit.ts'

const minute = 60_000
/** Most servers accept 8 KiB for all headers. This leaves 1 KiB for the others. */
const roomForToken = 7 * 1024

/** Checks the fields of the token endpoint's answer. */
export function lookAtAnswer(visit: Visit): Outcome {
  const { token } = visit
  const answer = jsonObject(answerOfTokenEndpoint(visit)?.body() ?? '') ?? {}
  if (token === undefined) return { summary: '' }
  const life = token.expiresAt - token.obtainedAt
  const { bytes } = headerSize(token.value)
  return {
    summary: `${bytes} bytes, scope ${token.scope.length === 0 ? 'not told' : printable(token.scope.join(' '))}`,
    findings: [
      ...typeFindings(answer),
      ...lifeFindings(answer, life, token.value),
      ...(bytes > roomForToken ? [finding('token-large', `The token has ${bytes} bytes.`)] : []),
      ...scopeFindings(visit)
    ],
    fact: true
  }
}

type Answer = Readonly<Record<string, unknown>>

function typeFindings({ token_type: type }: Answer): Finding[] {
  return type === undefined || type === null ? [finding('token-type-missing', 'The answer has no token_type.')] : []
}

function lifeFindings({ expires_in: told }: Answer, life: number, token: string): Finding[] {
  if (told === undefined || told === null) return [finding('life-missing', 'The answer has no expires_in.')]
  if (life < minute) return [finding('life-short', `The token lives for ${span(life)}.`)]
  const claimed = claimedLife(token)
  if (claimed === undefined || claimed > life - 5000) return []
  return [
    finding('life-contradicts', `expires_in says ${span(life)}, but the claims of the token say ${span(claimed)}.`)
  ]
}

function claimedLife(token: string): number | undefined {
  const { exp, iat } = decoded(token.split('.')[1] ?? '') ?? {}
  return typeof exp === 'number' && typeof iat === 'number' ? (exp - iat) * 1000 : undefined
}

function scopeFindings({ options, token }: Visit): Finding[] {
  const asked = [options.scope ?? []]
    .flat()
    .flatMap((scope) => scope.split(' '))
    .filter((word) => word !== '')
  const granted = token?.scope ?? []
  if (asked.length === 0) return []
  const missing = asked.filter((scope) => !granted.includes(scope))
  const more = granted.filter((scope) => !asked.includes(scope))
  return [
    ...(missing.length > 0 ? [finding('scope-narrowed', `The server did not grant: ${missing.join(' ')}.`)] : []),
    ...(more.length > 0
      ? [finding('scope-widened', `The server granted without being asked: ${printable(more.join(' '))}.`)]
      : [])
  ]
}
