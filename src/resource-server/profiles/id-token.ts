import type { ClaimTest } from './token-profile.ts'

/** Claims that occur only in ID tokens (OpenID Connect Core 1.0 §2, §3.3.2.11). */
export const idTokenClaims: readonly ClaimTest[] = [
  { at: ['nonce'], is: 'present' },
  { at: ['at_hash'], is: 'present' },
  { at: ['c_hash'], is: 'present' }
]
