import type { JWTPayload } from 'jose'
import type { ClientCredentials } from './credentials.ts'

/** Whether tokens must be bound to a DPoP key. */
export type DpopRule = 'optional' | 'required'

/** Nonces of DPoP proofs: not required, valid for five minutes (`true`), or valid for one proof (`'once'`). */
export type NonceRule = false | true | 'once'

/** The services, the clients, and who may call whom. */
export interface Registry {
  /** The URL of the JSON Schema of this document, for an editor. */
  readonly $schema?: string
  /** The services that tokens can be for, by name. Without services, clients have the short form, with `scope`. */
  readonly services?: Readonly<Record<string, ServiceRegistration>>
  readonly clients: readonly ClientRegistration[]
}

/** A service, and the rights that it declares. */
export interface ServiceRegistration {
  /** The `aud` of tokens for this service. */
  readonly audience: string
  /** For each scope, a sentence that says what it allows. */
  readonly scopes?: Readonly<Record<string, string>>
  /** For each role, a sentence that says who has it. */
  readonly roles?: Readonly<Record<string, string>>
}

/** What one client may do at one service. With an empty grant it can get a token without a scope. */
export interface GrantRegistration {
  /** Scopes that the service declares. A token request without `scope` gets all of them. */
  readonly scope?: readonly string[]
  /** Roles that the service declares, for the `roles` claim (RFC 9068 §2.2.3.1). */
  readonly roles?: readonly string[]
}

/** The registration of a client, with `may`, or in the short form with `scope`. */
export interface ClientRegistration extends ClientCredentials {
  readonly clientId: string
  /** For each service, what the client may do there. Everything else is forbidden. */
  readonly may?: Readonly<Record<string, GrantRegistration>>
  /** Short form: the scopes that it may ask for. A request without `scope` gets all of them. */
  readonly scope?: readonly string[]
  /** Short form: the `roles` claim of its tokens (RFC 9068 §2.2.3.1). */
  readonly roles?: readonly string[]
  /** Short form: the `authorities` claim of its tokens, as Spring writes it. */
  readonly authorities?: readonly string[]
  /** Short form: the audiences that it may ask for. If left out, it may ask for any, and the default is the issuer. */
  readonly audience?: readonly string[]
  /** Further claims of its tokens. They cannot replace claims that the server sets. */
  readonly claims?: JWTPayload
  /** The lifetime of its tokens in milliseconds. The default is that of the server. */
  readonly accessTokenLifetime?: number
  /** With `'required'`, every token is bound to a DPoP key (RFC 9449). By default a token is bound if the request has a proof. */
  readonly dpop?: DpopRule
  /** Whether the client's proofs must contain a nonce of the server, instead of the setting for all clients. */
  readonly dpopNonces?: NonceRule
  /** With `false`, the client can authenticate, but gets no tokens. */
  readonly enabled?: boolean
}
