import type { ProofRefusal } from '../token/prover.ts'
import { isScopeToken } from '../token/scope.ts'
import { tokenPattern } from './http-token.ts'

/** One challenge of `WWW-Authenticate` (RFC 9110 §11.6.1). */
export interface Challenge {
  /** In lower case, because schemes are compared without case. Empty for parameters without a scheme. */
  readonly scheme: string
  /** Names in lower case. If a name is repeated, the first value is used. */
  readonly parameters: ReadonlyMap<string, string>
}

const separator = /[\s,]*/y
const scheme = new RegExp(`(${tokenPattern})(?=,|$|\\s+(?![\\s=]))`, 'y')
const token68 = /\s+[0-9A-Za-z._~+/-]+=*(?=\s*(?:,|$))/y
// Servers put quotes inside quotes and forget the last one. A quote therefore ends the text only if something valid follows it.
const innerQuote = `"(?!\\s*(?:,|$|\\s${tokenPattern}\\s*=))`
const parameter = new RegExp(`(${tokenPattern})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.?|${innerQuote})*)"?|([^\\s,"]*))`, 'ys')
const unreadable = /[^,]+/y

/**
 * Reads every challenge of a `WWW-Authenticate` field, several to a line and several lines (RFC 9110 §11.6.1).
 * Broken ones give what can be read of them; it never throws.
 */
export function readChallenges(field: string | readonly string[] | null | undefined): Challenge[] {
  if (field === undefined || field === null) return []
  return typeof field === 'string' ? readLine(field) : field.flatMap(readLine)
}

/**
 * What an answer says of the DPoP proof (RFC 9449 §5, §7.1). `word` is the error in its body. Some servers say it in a challenge for Bearer
 * beside the one for DPoP.
 */
export function proofRefusal(challenges: readonly Challenge[], word?: string): ProofRefusal {
  const says = (code: string) => word === code || challenges.some(({ parameters }) => parameters.get('error') === code)
  if (says('use_dpop_nonce')) return 'nonce'
  return says('invalid_dpop_proof') ? 'proof' : undefined
}

function readLine(line: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at
    const match = pattern.exec(line)
    if (match !== null) at = pattern.lastIndex
    return match
  }

  for (take(separator); at < line.length; take(separator)) {
    const named = take(scheme)
    if (named !== null) {
      challenges.push({ scheme: text(named[1]).toLowerCase(), parameters: new Map() })
      take(token68)
      continue
    }
    const pair = take(parameter)
    if (pair === null) {
      take(unreadable)
      continue
    }
    if (challenges.length === 0) challenges.push({ scheme: '', parameters: new Map() })
    const name = text(pair[1]).toLowerCase()
    const { parameters } = challenges[challenges.length - 1] as { parameters: Map<string, string> }
    if (!parameters.has(name)) parameters.set(name, pair[3] ?? text(pair[2]).replace(/\\(.)/gs, '$1'))
  }
  return challenges
}

function text(group: string | undefined): string {
  return group ?? ''
}

/** The `error` of a challenge (RFC 6750 §3.1, RFC 9449 §7.1). */
export type ChallengeError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'

/** What a resource server says with a refusal (RFC 6750 §3). */
export interface BearerChallenge {
  readonly realm: string
  /** What an acceptable token has to hold. */
  readonly scope?: readonly string[] | undefined
  readonly error?: ChallengeError | undefined
  readonly errorDescription?: string | undefined
  readonly errorUri?: string | undefined
  /** The URL of the resource's metadata (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined
}

/**
 * The value of a `WWW-Authenticate` field for scheme `Bearer` (RFC 6750 §3). A character outside the set of its
 * attribute becomes `?`, and a scope token with such a character is left out: nothing can split the field.
 */
export function writeBearerChallenge(challenge: BearerChallenge): string {
  return writeChallenge('Bearer', challenge)
}

/** The same for scheme `DPoP`, with the algorithms that proofs may be signed with (RFC 9449 §7.1). */
export function writeDpopChallenge(challenge: BearerChallenge & { readonly algorithms: readonly string[] }): string {
  return writeChallenge('DPoP', challenge, challenge.algorithms.join(' '))
}

function writeChallenge(
  scheme: 'Bearer' | 'DPoP',
  { realm, scope, error, ...further }: BearerChallenge,
  algs?: string
): string {
  const parameters = [
    ['realm', realm],
    ['scope', scope?.filter(isScopeToken).join(' ')],
    ['error', error],
    ['error_description', further.errorDescription],
    ['error_uri', further.errorUri?.replaceAll(' ', '%20')],
    ['resource_metadata', further.resourceMetadata],
    ['algs', algs]
  ]
  const written = parameters.filter(([name, value]) => name === 'realm' || (value !== undefined && value !== ''))
  return `${scheme} ${written.map(([name, value]) => `${name}="${quotable(text(value))}"`).join(', ')}`
}

function quotable(value: string): string {
  return value.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?')
}
