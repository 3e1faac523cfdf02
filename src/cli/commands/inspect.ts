import { command, UsageError } from '../command.ts'
import { findToken } from '../jwt/found-token.ts'
import { tokenLines } from '../jwt/token-lines.ts'
import { reportOf } from '../jwt/token-report.ts'
import type { Terminal } from '../terminal.ts'

export const inspect = command({
  operands: '[TOKEN]',
  mostOperands: 1,
  about:
    'Reads a JWT from the argument or from standard input: by itself, in an Authorization header, or in the answer of a token endpoint. The signature is never printed.',
  options: {},
  examples: [
    { line: 'service-token token | service-token inspect', about: 'What is in the token of this service?' },
    {
      line: 'curl -s -d @form https://auth.internal/oauth2/token | service-token inspect --json',
      about: 'In an answer'
    }
  ],
  exitCodes: { 0: 'The token was read.', 1: 'There is no token that can be read.', 2: 'Wrong usage.' },
  async run({ operands, json, terminal }) {
    const found = findToken(await textOf(operands, terminal))
    if (found === undefined) throw new UsageError('There is no token in what was given.')
    const report = found.kind === 'signed' ? reportOf(found.token) : undefined
    if (report === undefined) return unreadable(found.kind, json, terminal)
    if (json) terminal.printJson({ kind: found.kind, ...report })
    else terminal.print(tokenLines(report, Date.now()))
    return 0
  }
})

async function textOf([operand]: readonly string[], terminal: Terminal): Promise<string> {
  const text = operand === undefined || operand === '-' ? await terminal.readInput() : operand
  if (text === undefined) throw new UsageError('Give a token as the argument, or pipe one in.')
  return text
}

const reasons = {
  signed: 'The token has three parts, but its header or its claims are no JSON object.',
  encrypted: 'The token is encrypted (RFC 7516): only the service that it is for can read it.',
  opaque: 'The token is opaque: only its issuer can say what it means, at the introspection endpoint (RFC 7662).'
} as const

function unreadable(kind: keyof typeof reasons, json: boolean, { print, printJson }: Terminal): number {
  if (json) printJson({ kind, readable: false, reason: reasons[kind] })
  else print(reasons[kind])
  return 1
}
