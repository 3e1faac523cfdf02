/** The names of the members that lead to a claim, the outermost first: `['realm_access', 'roles']`. */
export type ClaimPath = readonly string[]

/** Where scopes or roles are in the claims, and in which form. */
export interface NamesPlace {
  readonly at: ClaimPath
  /**
   * `list` (the default): an array of strings. `words`: a string with names separated by spaces, or an array.
   * `text`: a string that is one name, or an array. `keys`: an object whose keys are the names.
   */
  readonly form?: 'list' | 'words' | 'text' | 'keys'
  /** A prefix that is removed from the names that have it. */
  readonly prefix?: string
  /** Leaves out names without the `prefix`, because they belong to other services. */
  readonly onlyPrefixed?: boolean
}

/** A test of the claim at `at`. `sameAs` and `differsFrom` compare it with another claim, to which `suffix` is appended first. */
export type ClaimTest = { readonly at: ClaimPath } & (
  | { readonly is: 'present' | 'absent' }
  | { readonly oneOf: readonly (string | number | boolean)[] }
  | { readonly startsWith: string }
  | { readonly notStartsWith: string }
  | { readonly endsWith: string }
  | { readonly sameAs: ClaimPath | 'clientId'; readonly suffix?: string }
  | { readonly differsFrom: ClaimPath | 'clientId'; readonly suffix?: string }
)

/** Alternatives, of which one is enough. All tests of an alternative must hold. */
export type ClaimTests = readonly (readonly ClaimTest[])[]

/** Where the audience of a token is. */
export interface AudiencePlace {
  readonly at: ClaimPath
  /** Cuts each name off where this text begins. */
  readonly until?: string
}

/** Describes the access tokens of one kind of server. It is plain data, so you can write your own profile as an object. */
export interface TokenProfile {
  /** The name of the profile, for messages. */
  readonly name: string
  /** The accepted values of the header's `typ`, in lower case and without `application/`. `''` stands for a missing `typ`. */
  readonly types: readonly string[]
  /** The claims that must be present, beside `exp`, the audience and the client id. */
  readonly required: readonly string[]
  /** Tests that hold for every access token of this server. */
  readonly must?: readonly ClaimTest[]
  /** Tests that hold only for other tokens of this server, such as ID, refresh and logout tokens. */
  readonly mustNot?: readonly ClaimTest[]
  /** The places of the audience. The first one with a value is used. The default is `aud`. */
  readonly audience?: readonly AudiencePlace[]
  /** The places of the client id. The first one with a value is used. `['aud']` counts only if it has a single name. */
  readonly clientId: readonly ClaimPath[]
  /** The places of the subject. The first one with a value is used. The default is `sub`. */
  readonly subject?: readonly ClaimPath[]
  readonly scope: readonly NamesPlace[]
  readonly roles: readonly NamesPlace[]
  /** Tests that show that a client acts for itself (`client`) or for a user (`user`). If neither or both hold, it is unknown. */
  readonly client: ClaimTests
  readonly user: ClaimTests
  /** The issuers of these tokens, instead of the option `issuer`. The metadata is read from the first one. */
  readonly issuers?: readonly string[]
  /** The names of this service, instead of the option `audience`. */
  readonly audiences?: readonly string[]
  /** The accepted values of a key's `use`, beside `sig`. */
  readonly keyUses?: readonly string[]
}
