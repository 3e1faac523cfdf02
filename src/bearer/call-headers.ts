import { ownMembers } from '../own-members.ts'
import { type AccessToken, proverOf } from '../token/access-token.ts'
import type { BegunPatience } from '../waiting/patience.ts'
import { type Presenting, present } from './present.ts'

/** What shows a token in a request, names in lower case. */
export interface CallHeaders {
  readonly authorization: string
  /** The proof that goes with a DPoP token, for this one request. A Bearer token has none. */
  readonly dpop?: string
}

/** A request that somebody else sends. */
export interface Call {
  readonly method: string
  readonly url: URL
  /** What the last answer of that server had in `DPoP-Nonce`. */
  readonly nonce: string | undefined
}

/** The header fields for a call, whose answer nobody sees here. Rejects with `ERR_SECRET_UNAVAILABLE` when a signer elsewhere fails. */
export async function callHeaders(
  token: AccessToken,
  { method, url, nonce }: Call,
  patience: BegunPatience
): Promise<CallHeaders> {
  const { origin, pathname } = url
  const presenting: Presenting = { route: ownMembers({ origin }), options: { method, path: pathname } }
  const call = nonce === undefined ? undefined : token[proverOf]?.begin(origin, 'resource-server')
  if (call !== undefined) {
    call.learn({ 'dpop-nonce': nonce }, undefined, false)
    presenting.proven = call
  }
  return (await present(token, presenting, patience)) as unknown as CallHeaders
}
