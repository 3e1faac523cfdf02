import { command, type OptionValues, UsageError } from '../command.ts'
import { type FoundToken, findToken } from '../jwt/found-token.ts'
import { tokenLines } from '../jwt/token-lines.ts'
import { reportOf } from '../jwt/token-report.ts'
import { type Expected, verificationLines, verify } from '../jwt/verification.ts'
import type { Terminal } from '../terminal.ts'

const options = {
  verify: {
    type: 'string',
    value: 'ISSUER',
    about: 'Also verify the token, as a service that trusts this issuer does.'
  },
  audience: {
    type: 'string',
    multiple: true,
    value: 'AUDIENCE',
    about: 'The audience of that service. You can give it several times.'
  },
  'accept-plain-jwt': {
    type: 'boolean',
    about: 'Also accept tokens of servers that do not follow RFC 9068: with typ JWT, or without typ.'
  }
} as const

export const inspect = command({
  operands: '[TOKEN]',
  mostOperands: 1,
  about:
    'Shows the header, the claims, the times, the rights and the size of a JWT. The JWT comes from the argument or from standard input: alone, in an Authorization header, or in the answer of a token endpoint. The signature is never printed.',
  options,
  examples: [
    { line: 'service-token token | service-token inspect', about: 'What is in the token of this service?' },
    {
      line: 'service-token inspect --verify https://auth.internal --audience users eyJhbGciOi…',
      about: 'Would the service "users" accept this token?'
    },
    {
      line: 'curl -s -d @form https://auth.internal/oauth2/token | service-token inspect --json',
      about: 'Show the token in the answer of a token endpoint'
    }
  ],
  exitCodes: {
    0: 'The token was read, and with --verify it was accepted.',
    1: 'The token cannot be read, or with --verify it was not accepted.',
    2: 'Wrong usage.'
  },
  async run({ values, operands, json, terminal }) {
    const expected = expectedBy(values)
    const found = findToken(await textOf(operands, terminal))
    if (found === undefined) throw new UsageError('The input does not contain a token.')
    const report = found.kind === 'signed' ? reportOf(found.token) : undefined
    if (report === undefined) return unreadable(found, json, terminal)
    const verification = expected && (await verify(found.token, expected))
    if (json) terminal.printJson({ kind: found.kind, ...report, ...(verification && { verification }) })
    else terminal.print(tokenLines(report, Date.now()) + (verification ? `\n\n${verificationLines(verification)}` : ''))
    return verification === undefined || verification.verdict === 'accepted' ? 0 : 1
  }
})

function expectedBy(values: OptionValues<typeof options>): Expected | undefined {
  const { verify: issuer, audience = [], 'accept-plain-jwt': plainJwt = false } = values
  if (issuer === undefined) {
    if (audience.length === 0 && !plainJwt) return undefined
    throw new UsageError(
      '--audience and --accept-plain-jwt only work with --verify ISSUER. Give it too, or leave them out.'
    )
  }
  if (audience.length > 0) return { issuer, audience, plainJwt }
  throw new UsageError('--verify needs --audience. Without it, tokens for other services would be accepted.')
}

async function textOf([operand]: readonly string[], terminal: Terminal): Promise<string> {
  const text = operand === undefined || operand === '-' ? await terminal.readInput() : operand
  if (text === undefined) throw new UsageError('Give a token as the argument, or pipe one in.')
  return text
}

const reasons = {
  signed: 'The token has three parts, but its header or its claims are not a JSON object.',
  encrypted: 'The token is encrypted (RFC 7516). Only the service that it is for can read it.',
  opaque:
    'The token is opaque. Only its issuer knows what it means, and tells it at the introspection endpoint (RFC 7662).'
} as const

function unreadable({ kind }: FoundToken, json: boolean, { print, printJson }: Terminal): number {
  if (json) printJson({ kind, readable: false, reason: reasons[kind] })
  else print(reasons[kind])
  return 1
}
