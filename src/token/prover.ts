/** What is signed of a request: how it is on the wire. */
export interface ProvenRequest {
  readonly method: string
  /** Without query and fragment (RFC 9449 §4.2). */
  readonly url: string
  /** The access token that the request shows; none at the token endpoint. */
  readonly token?: string
}

/** Names in lower case. */
type AnswerFields = Readonly<Record<string, string | readonly string[] | undefined>>

/** What an answer says of a proof: it wants another nonce, it does not accept the proof, or neither. */
export type ProofRefusal = 'nonce' | 'proof' | undefined

/** One request to a server, and all repeats of it: each has a proof of its own, and no nonce is tried twice. */
export interface ProvenCall {
  /** Whose proofs these are. */
  readonly prover: Prover
  /** A proof for the next sending: at once where the key is in this process. Rejects with `ERR_SECRET_UNAVAILABLE`. */
  proof(request: ProvenRequest): string | Promise<string>
  /**
   * Takes what an answer says. True when the request is to be sent once more with the same token and another proof; never where
   * `canRepeat` is false.
   */
  learn(headers: AnswerFields, refusal: ProofRefusal, canRepeat: boolean): boolean
}

/** Proves that whoever shows a token has the key that it is bound to (RFC 9449). Nothing of the key can be read from it. */
export interface Prover {
  /** Of the public key (RFC 7638): what tokens are bound to. */
  readonly thumbprint: string
  /** Begins a request to a server. Nonces of a token endpoint are kept apart from those of a resource server (RFC 9449 §9). */
  begin(origin: string, server: 'token-endpoint' | 'resource-server'): ProvenCall
}
