import { TokenClientError } from '../errors.ts'

const rememberedOrigins = new Map<string, string | undefined>()
const rememberedAtMost = 1000

/**
 * The origin that a dispatch certainly goes to, or undefined if it is not certain.
 * `boundOrigin` is what undici 8 says about the dispatcher below. A Client or a Pool sends to its own origin, whatever
 * the options say. Null means that the dispatcher chooses among several origins.
 */
export function dispatchOrigin(origin: unknown, boundOrigin: string | null | undefined): string | undefined {
  if (boundOrigin === null) return undefined
  if (boundOrigin === undefined) return normaliseOrigin(origin)
  const bound = normaliseOrigin(boundOrigin)
  return isMissing(origin) || normaliseOrigin(origin) === bound ? bound : undefined
}

/** Neither the request nor the dispatcher names an origin, so nobody knows where a token would go. */
export function isOriginUnknown(origin: unknown, boundOrigin: string | null | undefined): boolean {
  return isMissing(origin) && typeof boundOrigin !== 'string'
}

export function missingOrigin(): TokenClientError {
  const message =
    'The request has no origin, so the client cannot tell whether it may carry a token. Give it an `origin`, or compose on an Agent.'
  return new TokenClientError('ERR_MISSING_ORIGIN', message, { transient: false })
}

function isMissing(origin: unknown): boolean {
  return origin === undefined || origin === null || origin === ''
}

function normaliseOrigin(origin: unknown): string | undefined {
  if (typeof origin !== 'string') return origin instanceof URL ? bareOrigin(origin.href) : undefined
  const remembered = rememberedOrigins.get(origin)
  if (remembered !== undefined || rememberedOrigins.has(origin)) return remembered
  if (rememberedOrigins.size >= rememberedAtMost) rememberedOrigins.clear()
  const normalised = bareOrigin(origin)
  rememberedOrigins.set(origin, normalised)
  return normalised
}

/** Undefined if the text contains more than an origin: user information, a path, a query. */
export function bareOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin, href } = new URL(text)
  return /^https?:$/.test(protocol) && href === `${origin}/` ? origin : undefined
}
