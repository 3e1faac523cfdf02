import type { KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import type { Clock } from '../../clock.ts'
import type { Sender } from '../../http/send.ts'
import type { AuthorizationServerSource } from '../../metadata/authorization-server.ts'
import type { JwsHeader } from '../compact-jws.ts'
import type { FitKeys } from './key-set.ts'

export type VerificationKey = CryptoKey | KeyObject | Uint8Array

/** The keys of one issuer. */
export interface VerificationKeys {
  /** Another one whenever the keys changed: what was verified before has to be verified again. */
  generation(): number
  /**
   * The key that the header names, if it fits the algorithm.
   * @throws RefusedToken `unknown_key`; TokenClientError `ERR_KEYS_UNAVAILABLE`, transient.
   */
  find(header: JwsHeader): VerificationKey | Promise<VerificationKey>
}

export interface KeyContext extends FitKeys {
  readonly server: AuthorizationServerSource
  readonly sender: Sender
  readonly clock: Clock
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

/** Signatures of public keys that are fit for use (RFC 8725 §3.2). */
export const asymmetricAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
]
