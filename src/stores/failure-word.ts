import { type ErrorCode, isRefusalOfCredential, TokenClientError } from '../errors.ts'
import type { SealingKey } from './sealing-key.ts'

/**
 * What a holder leaves behind when its attempt has failed: which failure, and until when it makes no other attempt (epoch ms).
 * Undefined for a refused credential: another instance may hold a newer one.
 */
export function failureWord(key: SealingKey, name: string, error: unknown, until: number): string | undefined {
  if (!(error instanceof TokenClientError) || isRefusalOfCredential(error)) return undefined
  const { code, transient } = error
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
