import { parseHttpDate } from '../../../http-date.ts'
import { limits } from '../../../limits.ts'
import { decoded } from '../../jwt/jwt-part.ts'
import { span } from '../../printed-words.ts'
import { finding } from '../finding.ts'
import type { Outcome } from '../step.ts'
import type { Visit } from '../visit.ts'

/** Compares the server's clock with ours, by the Date header of its answers or else by the `iat` claim of its token. */
export function lookAtClock({ answers, token }: Visit): Outcome {
  const dated = answers.findLast(({ headers }) => headers.date !== undefined && headers.age === undefined)
  const date = dated && parseHttpDate(String(dated.headers.date), dated.at)
  const { iat } = decoded(token?.value.split('.')[1] ?? '') ?? {}
  const offset =
    dated !== undefined && date !== undefined
      ? date - dated.at
      : typeof iat === 'number' && token !== undefined
        ? iat * 1000 - token.obtainedAt
        : Number.NaN
  if (Number.isNaN(offset)) return { summary: 'the server does not say what time it is', fact: true }
  if (Math.abs(offset) < limits.clockDifference) return { summary: 'the same as that of the server', fact: true }
  const what = `The clock of the server is ${span(offset)} ${offset > 0 ? 'ahead of' : 'behind'} that of this machine.`
  return { summary: '', findings: [finding('clock-off', what)], fact: true }
}
