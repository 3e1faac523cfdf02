/** Names of members from the outermost to the claim: `['realm_access', 'roles']`. */
export type ClaimPath = readonly string[]

/** Where scopes or roles stand, and how they are written. */
export interface NamesPlace {
  readonly at: ClaimPath
  /**
   * `list` (the default): an array of strings. `words`: a string of names with spaces between them, or an array.
   * `text`: a string that is one name, or an array. `keys`: an object whose members are called like the names.
   */
  readonly form?: 'list' | 'words' | 'text' | 'keys'
  /** Taken away from the names that begin with it. */
  readonly prefix?: string
  /** Leaves out the names without `prefix`: they belong to other services. */
  readonly onlyPrefixed?: boolean
}

/** What a claim says. `sameAs` and `differsFrom` compare two texts; `suffix` is appended to the other one first. */
export type ClaimTest = { readonly at: ClaimPath } & (
  | { readonly is: 'present' | 'absent' }
  | { readonly oneOf: readonly (string | number | boolean)[] }
  | { readonly startsWith: string }
  | { readonly notStartsWith: string }
  | { readonly endsWith: string }
  | { readonly sameAs: ClaimPath | 'clientId'; readonly suffix?: string }
  | { readonly differsFrom: ClaimPath | 'clientId'; readonly suffix?: string }
)

/** One of these alternatives is enough; within an alternative all tests must hold. */
export type ClaimTests = readonly (readonly ClaimTest[])[]

/** Where a token says whom it is for. */
export interface AudiencePlace {
  readonly at: ClaimPath
  /** Each name counts up to this text. */
  readonly until?: string
}

/** What the access tokens of one kind of server look like. Plain data: a profile of your own is an object like this. */
export interface TokenProfile {
  /** For messages. */
  readonly name: string
  /** Values of the header's `typ`, in lower case and without `application/`. `''` means that there is no `typ`. */
  readonly types: readonly string[]
  /** Claims that must be there, beside `exp`, the audience and the client's id. */
  readonly required: readonly string[]
  /** What every access token of this server says. */
  readonly must?: readonly ClaimTest[]
  /** What only other tokens of this server say: ID, refresh and logout tokens. */
  readonly mustNot?: readonly ClaimTest[]
  /** The first of these that is there says whom the token is for; `aud` by default. */
  readonly audience?: readonly AudiencePlace[]
  /** The first of these that is there is the client's id. `['aud']` is one when it holds a single name. */
  readonly clientId: readonly ClaimPath[]
  /** The first of these that is there is the subject; `sub` by default. */
  readonly subject?: readonly ClaimPath[]
  readonly scope: readonly NamesPlace[]
  readonly roles: readonly NamesPlace[]
  /** How a token of a client that acts for itself is known, and how that of a user. A token that is neither or both is unknown. */
  readonly client: ClaimTests
  readonly user: ClaimTests
  /** Issuers of these tokens, instead of the option `issuer`. Metadata is read from the first one. */
  readonly issuers?: readonly string[]
  /** Names of this service, instead of the option `audience`. */
  readonly audiences?: readonly string[]
  /** Values of a key's `use` beside `sig`. */
  readonly keyUses?: readonly string[]
}
