import type { JWTPayload } from 'jose'
import type { ClientCredentials } from './credentials.ts'

/** Whether tokens have to be bound to a DPoP key. */
export type DpopRule = 'optional' | 'required'

/** Nonces of DPoP proofs: none are demanded, each counts for five minutes, or each counts for one proof. */
export type NonceRule = false | true | 'once'

/** Who there is, and who may call whom: what an administrator writes down. */
export interface Registry {
  /** Where the JSON Schema of this document is, for an editor. */
  readonly $schema?: string
  /** The services that tokens can be for, by name. Left out, clients are written in the short form, with `scope`. */
  readonly services?: Readonly<Record<string, ServiceRegistration>>
  readonly clients: readonly ClientRegistration[]
}

/** A service declares what there is to be granted. */
export interface ServiceRegistration {
  /** The `aud` of tokens for this service. */
  readonly audience: string
  /** Scope token → a sentence that says what it allows. */
  readonly scopes?: Readonly<Record<string, string>>
  /** Role → a sentence that says who has it. */
  readonly roles?: Readonly<Record<string, string>>
}

/** What one client may do at one service. Empty, it may have a token for the service that carries no scope. */
export interface GrantRegistration {
  /** Scope tokens that the service declares. A token request without `scope` gets all of them. */
  readonly scope?: readonly string[]
  /** Roles that the service declares: the `roles` claim (RFC 9068 §2.2.3.1). */
  readonly roles?: readonly string[]
}

/** A client as the server is told of it: with `may`, or in the short form with `scope`. */
export interface ClientRegistration extends ClientCredentials {
  readonly clientId: string
  /** Service → what the client may do there. What is not here is not allowed. */
  readonly may?: Readonly<Record<string, GrantRegistration>>
  /** Short form: what it may ask for. A request without `scope` gets all of it. */
  readonly scope?: readonly string[]
  /** Short form: the `roles` claim of its tokens (RFC 9068 §2.2.3.1). */
  readonly roles?: readonly string[]
  /** Short form: the `authorities` claim of its tokens, as Spring writes it. */
  readonly authorities?: readonly string[]
  /** Short form: the audiences that a token request may choose one of. Any, if left out, and then the issuer by default. */
  readonly audience?: readonly string[]
  /** Further claims of its tokens. They cannot replace those that the server writes. */
  readonly claims?: JWTPayload
  /** Milliseconds that its tokens live; what the server has for all, if left out. */
  readonly accessTokenLifetime?: number
  /** `'required'`: every token of the client is bound to a DPoP key (RFC 9449). Otherwise it is where the request carries a proof. */
  readonly dpop?: DpopRule
  /** Whether the client's proofs must contain a nonce of the server, instead of the setting for all clients. */
  readonly dpopNonces?: NonceRule
  /** `false`: it can prove who it is and gets no token. */
  readonly enabled?: boolean
}
