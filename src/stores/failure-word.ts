import { type ErrorCode, heard, isRefusalOfCredential, TokenClientError } from '../errors.ts'
import type { SealingKey } from './sealing-key.ts'

/** Failures that may concern this instance only, because each instance has its own files, file descriptors, clock and proxy. */
const ofThisInstance: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_CLIENT_CLOSED',
  'ERR_SECRET_UNAVAILABLE',
  'ERR_RESOURCE_EXHAUSTED',
  'ERR_CLOCK_INVALID',
  'ERR_TLS_CLIENT_CERTIFICATE',
  'ERR_PROXY_REFUSED'
])

/**
 * Returns the message that a lease holder leaves after a failed attempt: the failure, and when it tries again (epoch ms).
 * It is undefined for a refused credential, because another instance may have a newer one, and for failures of this instance only.
 */
export function failureWord(key: SealingKey, name: string, error: unknown, until: number): string | undefined {
  if (!(error instanceof TokenClientError) || ofThisInstance.has(error.code)) return undefined
  if (isRefusalOfCredential(error)) return undefined
  const { code, transient } = error as TokenClientError
  return key.seal(context(name), JSON.stringify({ code, transient, until: Math.ceil(until) }))
}

/** Turns another instance's message into an error of this instance. The result is undefined if the message cannot be read. */
export function failureFrom(
  key: SealingKey,
  name: string,
  word: string,
  wallTime: number
): TokenClientError | undefined {
  const text = key.open(context(name), word)
  if (text === undefined) return undefined
  const { code, transient, until } = JSON.parse(text) as { code: ErrorCode; transient: boolean; until: number }
  const message = `Another instance asked for this token and failed with ${code}. It asks again in ${seconds(until - wallTime)}.`
  // `Retry-After` is left out, because this instance reads the store again at its own pace.
  return heard(new TokenClientError(code, message, { transient }))
}

function context(name: string): string {
  return `word.${name}`
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.ceil(ms / 1000))} s`
}
