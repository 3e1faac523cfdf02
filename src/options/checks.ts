import { isLoopback } from '../http/loopback.ts'
import { isScopeToken, splitScope } from '../token/scope.ts'
import { kindOf, nonEmptyString, wrong } from '../wrong-option.ts'

export function milliseconds(option: string, value: unknown, { least, most }: { least: number; most: number }): number {
  const remedy = `Give whole milliseconds from ${least} to ${most}.`
  if (typeof value !== 'number') wrong(option, `must be a number, but is ${kindOf(value)}`, remedy)
  if (!Number.isInteger(value) || value < least || value > most) wrong(option, 'is out of range', remedy)
  return value
}

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

/** An `https:` URL; `http:` on loopback, or where it is allowed by the symbol. */
export function webUrl(option: string, value: unknown, example: string, insecureAllowed: boolean): URL {
  const remedy = `Give a URL like '${example}'.`
  const text = value instanceof URL ? value.href : nonEmptyString(option, value, remedy)
  const url = URL.canParse(text) ? new URL(text) : undefined
  // The parser would take it out; what is sent and compared would keep it.
  if (/\s/.test(text)) wrong(option, 'has whitespace in it, a line break perhaps', remedy)
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    wrong(option, 'is not an https URL', remedy)
  }
  if (url.username !== '' || url.password !== '')
    wrong(option, 'carries a user name or password', `${remedy} Nothing else.`)
  if (url.protocol === 'http:' && !isLoopback(url) && !insecureAllowed) {
    const way = 'Use https, or set [allowInsecureHttp]: true beside it if plain HTTP is your decision.'
    wrong(
      option,
      'is plain HTTP to another machine: everybody on the way could read the token',
      way,
      'ERR_INSECURE_ORIGIN'
    )
  }
  return url
}
