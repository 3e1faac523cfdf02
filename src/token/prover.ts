import type { BegunPatience } from '../waiting/patience.ts'

/** The parts of a request that a proof signs, as they are on the wire. */
export interface ProvenRequest {
  readonly method: string
  /** Without query and fragment (RFC 9449 §4.2). */
  readonly url: string
  /** The access token of the request. There is none at the token endpoint. */
  readonly token?: string
  /** Who waits for the signature. It is read only if the key is outside this process. Without it the caller ends the wait by itself. */
  readonly patience?: BegunPatience | undefined
}

/** Names in lower case. */
export type AnswerFields = Readonly<Record<string, string | readonly string[] | undefined>>

/** What an answer says about a proof: the server demands another nonce, does not accept the proof, or neither. */
export type ProofRefusal = 'nonce' | 'proof' | undefined

/** One request to a server with all its repeats. Each attempt has a proof of its own, and no nonce is tried twice. */
export interface ProvenCall {
  /** The prover that makes these proofs. */
  readonly prover: Prover
  /** A proof for the next attempt. It is a promise only if the key is outside this process. Rejects with `ERR_SECRET_UNAVAILABLE`. */
  proof(request: ProvenRequest): string | Promise<string>
  /**
   * Reads what an answer says. Returns true if the request should be sent once more with the same token and another proof. It never does if
   * `canRepeat` is false.
   */
  learn(headers: AnswerFields, refusal: ProofRefusal, canRepeat: boolean): boolean
}

/** Proves that the client has the key that a token is bound to (RFC 9449). The key cannot be read from it. */
export interface Prover {
  /** The thumbprint of the public key (RFC 7638), to which tokens are bound. */
  readonly thumbprint: string
  /** Starts a request to a server. Nonces of a token endpoint are separate from those of a resource server (RFC 9449 §9). */
  begin(origin: string, server: 'token-endpoint' | 'resource-server'): ProvenCall
}
