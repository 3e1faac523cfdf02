import { TokenClientError } from '../errors.ts'
import type { Warning } from '../events.ts'
import { limits } from '../limits.ts'
import type { AnswerSource } from './answer-source.ts'

export interface Expiry {
  /** Milliseconds, as the server says, including 0. Undefined if the server does not say. */
  readonly life: number | undefined
  readonly warning?: Warning
}

/** Reads `expires_in` of a success (RFC 6749 §5.1): seconds, a number, at some servers a string of digits. Throws `ERR_MALFORMED_EXPIRY`. */
export function readExpiry(expiresIn: unknown, { host, status }: AnswerSource): Expiry {
  const seconds = secondsOf(expiresIn)
  if (seconds === undefined || !Number.isFinite(seconds) || seconds < 0)
    throw new TokenClientError(
      'ERR_MALFORMED_EXPIRY',
      `${host} answered with an expires_in that is not a number of seconds.`,
      { transient: true, status }
    )

  const life = Math.floor(seconds) * 1000
  if (life === 0) {
    const message = `${host} does not say how long its token lives.`
    return { life: isMissing(expiresIn) ? undefined : 0, warning: { code: 'expiry_missing', message } }
  }
  if (life > limits.tokenLife) {
    const message = `${host} says that its token lives for more than 24 hours. The client keeps it for 24 hours.`
    return { life, warning: { code: 'expiry_clamped', message } }
  }
  return { life }
}

function isMissing(expiresIn: unknown): boolean {
  return expiresIn === undefined || expiresIn === null
}

function secondsOf(expiresIn: unknown): number | undefined {
  if (isMissing(expiresIn)) return 0
  if (typeof expiresIn === 'number') return expiresIn
  return typeof expiresIn === 'string' && /^\d{1,10}$/.test(expiresIn) ? Number(expiresIn) : undefined
}
