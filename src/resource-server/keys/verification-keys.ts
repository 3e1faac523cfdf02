import type { JWK } from 'jose'
import type { Clock } from '../../clock.ts'
import type { Sender } from '../../http/send.ts'
import type { Issuer, ServerSource } from '../../metadata/server-source.ts'
import type { JwsHeader } from '../compact-jws.ts'
import type { SavedKeys } from './saved-keys.ts'

/** A key of the issuer. */
export interface VerificationKey {
  /** Whether the key may be used with this algorithm. */
  fits(alg: string): boolean
  /** Whether the signature was made with this key. It is false if the key cannot be parsed. */
  signed(alg: string, input: string, signature: Uint8Array): boolean | Promise<boolean>
}

/** The keys of one issuer. */
export interface VerificationKeys {
  /**
   * Returns the keys that a token with this header can be signed with. The likely ones come first.
   * Throws or rejects with `RefusedToken` `unknown_key` if there is none, or with `TokenClientError` `ERR_KEYS_UNAVAILABLE`.
   */
  candidates(header: JwsHeader): readonly VerificationKey[] | Promise<readonly VerificationKey[]>
  /** Fetches newer keys. It is called if a token has no `kid` and none of the candidates has signed it. */
  newer?(header: JwsHeader): Promise<readonly VerificationKey[]>
  /** Whether a key is still in use. Tokens that were verified with another key must be verified again. */
  isCurrent(key: VerificationKey): boolean
  /** Returns a promise to wait for before stored tokens are used, if the keys are too old. It never rejects. */
  upkeep?(): Promise<void> | undefined
  /** Returns the keys for the option `savedKeys` at the next start. */
  export?(): SavedKeys | undefined
}

export interface KeyContext {
  readonly issuer: string | undefined
  readonly server: ServerSource<Issuer>
  readonly sender: Sender
  readonly clock: Clock
  readonly algorithms: readonly string[]
  /** Reads a JWK with the means of the runtime. */
  read(jwk: JWK, fits: (alg: string) => boolean): VerificationKey
  /** The accepted values of a key's `use`, beside `sig`. */
  readonly keyUses: readonly string[]
  /** How many milliseconds after they were fetched keys stay in use while the issuer does not answer. */
  readonly staleFor: number
  readonly savedKeys: SavedKeys | undefined
  readonly insecureHttpAllowed: boolean
}

/** The source of the issuer's keys. */
export interface KeySource {
  /** The algorithms that tokens may use, unless the options allow fewer. */
  readonly algorithms: readonly string[]
  /** Whether the keys are fixed by the options. Then nothing is fetched, and the keys alone identify the issuer. */
  readonly pinned?: boolean
  open(context: KeyContext): VerificationKeys
}
