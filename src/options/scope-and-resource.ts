import { isScopeToken, splitScope } from '../token/scope.ts'
import { kindOf, nonEmptyString, wrong } from '../wrong-option.ts'

export function scopeOption(option: string, value: unknown): string[] {
  const remedy = "Give an array of scope tokens, like ['read_user'], or one string with spaces between them."
  if (typeof value === 'string') return splitScope(value).map((member) => scopeToken(option, member, remedy))
  if (!Array.isArray(value)) wrong(option, `must be an array or a string, but is ${kindOf(value)}`, remedy)
  return value.map((member: unknown) => scopeToken(option, member, remedy))
}

function scopeToken(option: string, member: unknown, remedy: string): string {
  if (typeof member !== 'string') wrong(option, `has a member that is ${kindOf(member)}`, remedy)
  if (isScopeToken(member)) return member
  const fault =
    'has a member that is empty or has a character that RFC 6749 §3.3 forbids (space, quote, backslash, non-ASCII)'
  wrong(option, fault, remedy)
}

/** Resource indicators: absolute URIs without a fragment (RFC 8707 §2). */
export function resourceOption(option: string, value: unknown): string[] {
  const remedy = "Give absolute URIs without a fragment, like 'https://users.internal'."
  const members: unknown[] = Array.isArray(value) ? value : [value]
  return members.map((member) => {
    const uri = nonEmptyString(option, member, remedy)
    if (!URL.canParse(uri) || uri.includes('#')) wrong(option, 'is not an absolute URI without a fragment', remedy)
    return uri
  })
}
