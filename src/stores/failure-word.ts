import { type ErrorCode, isRefusalOfCredential, TokenClientError } from '../errors.ts'
import type { SealingKey } from './sealing-key.ts'

/** The others can be well: they have files, descriptors, a clock and a proxy of their own. */
const ofThisInstance: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_CLIENT_CLOSED',
  'ERR_SECRET_UNAVAILABLE',
  'ERR_RESOURCE_EXHAUSTED',
  'ERR_CLOCK_INVALID',
  'ERR_TLS_CLIENT_CERTIFICATE',
  'ERR_PROXY_REFUSED'
])

/**
 * What a holder leaves behind when its attempt has failed: which failure, and until when it makes no other attempt (epoch ms).
 * Undefined for a refused credential, since another instance may hold a newer one, and for what is wrong with this instance alone.
 */
export function failureWord(key: SealingKey, name: string, error: unknown, until: number): string | undefined {
  if (!(error instanceof TokenClientError) || ofThisInstance.has(error.code)) return undefined
  if (isRefusalOfCredential(error)) return undefined
  const { code, transient } = error as TokenClientError
  return key.seal(context(name), JSON.stringify({ code, transient, until: Math.ceil(until) }))
}

/** The failure that another instance met, as an error of this one. Undefined for a word that cannot be read. */
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
  // No pause that the server asked for: this instance looks into the store again at its own pace.
  return new TokenClientError(code, message, { transient })
}

function context(name: string): string {
  return `word.${name}`
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.ceil(ms / 1000))} s`
}
