import type { JWK } from 'jose'
import type { Clock } from '../../clock.ts'
import type { Sender } from '../../http/send.ts'
import type { Issuer, ServerSource } from '../../metadata/server-source.ts'
import type { JwsHeader } from '../compact-jws.ts'
import type { SavedKeys } from './saved-keys.ts'

/** A key of the issuer. */
export interface VerificationKey {
  /** Whether it may be used with this algorithm. */
  fits(alg: string): boolean
  /** Whether it made this signature. A key that cannot be read made none. */
  signed(alg: string, input: string, signature: Uint8Array): boolean | Promise<boolean>
}

/** The keys of one issuer. */
export interface VerificationKeys {
  /**
   * Those that a token with this header can be signed with, the likely ones first.
   * Throws and rejects with `RefusedToken` `unknown_key` when there is none, and `TokenClientError` `ERR_KEYS_UNAVAILABLE`.
   */
  candidates(header: JwsHeader): readonly VerificationKey[] | Promise<readonly VerificationKey[]>
  /** None of the candidates signed a token that names no key: those that the issuer may have published since. */
  newer?(header: JwsHeader): Promise<readonly VerificationKey[]>
  /** Whether a key still counts: what was verified with another one has to be verified again. */
  isCurrent(key: VerificationKey): boolean
  /** To be waited for, before kept tokens count: the keys are older than they should be. Never rejects. */
  upkeep?(): Promise<void> | undefined
  /** What can be given to `savedKeys` at the next start. */
  export?(): SavedKeys | undefined
}

export interface KeyContext {
  readonly issuer: string | undefined
  readonly server: ServerSource<Issuer>
  readonly sender: Sender
  readonly clock: Clock
  readonly algorithms: readonly string[]
  /** Makes a key of a JWK, as the runtime can. */
  read(jwk: JWK, fits: (alg: string) => boolean): VerificationKey
  /** Values of a key's `use` beside `sig`. */
  readonly keyUses: readonly string[]
  /** Milliseconds since they were fetched for which keys serve while the issuer does not answer. */
  readonly staleFor: number
  readonly savedKeys: SavedKeys | undefined
  readonly insecureHttpAllowed: boolean
}

/** Where the issuer's keys come from. */
export interface KeySource {
  /** The algorithms of a token from this source, unless the options narrow them. */
  readonly algorithms: readonly string[]
  /** The keys were handed in, and are the issuer's by that alone. Nothing is fetched. */
  readonly pinned?: boolean
  open(context: KeyContext): VerificationKeys
}
