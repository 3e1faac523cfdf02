import { AccessToken } from '../token/access-token.ts'
import type { SealingKey } from './sealing-key.ts'
import type { StoredRecord } from './token-store.ts'

export interface Sealing {
  readonly version: number
  readonly token: AccessToken
  /** The store's epoch when the token was requested. */
  readonly epoch: number
}

/** Encrypts a token for the store and binds it to its name and its version. */
export function sealedToken(key: SealingKey, name: string, { version, token, epoch }: Sealing): StoredRecord {
  const { value, scope, obtainedAt, expiresAt } = token
  const text = JSON.stringify({ value, scope, obtainedAt, expiresAt, epoch })
  return { version, data: key.seal(context(name, version), text) }
}

/** Decrypts a token. The result is undefined if `sealedToken` did not write it under that name, or if it has expired. */
export function openedToken(
  key: SealingKey,
  name: string,
  { version, data }: StoredRecord,
  wallTime: number
): Omit<Sealing, 'version'> | undefined {
  const text = key.open(context(name, version), data)
  if (text === undefined) return undefined
  const { value, scope, obtainedAt, expiresAt, epoch } = JSON.parse(text)
  if (expiresAt <= wallTime) return undefined
  return { token: new AccessToken({ value, scope, obtainedAt, expiresAt, fromStore: true }), epoch }
}

function context(name: string, version: number): string {
  return `token.${name}.${version}`
}
