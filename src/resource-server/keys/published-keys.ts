import { TokenClientError } from '../../errors.ts'
import { secureUrl } from '../../http/secure-url.ts'
import { asymmetricAlgorithms } from '../../proof/signature-algorithms.ts'
import type { JwsHeader } from '../compact-jws.ts'
import { RefusedToken } from '../token-refused-error.ts'
import { KeptKeys } from './kept-keys.ts'
import { type KeySet, keySet } from './key-set.ts'
import { fetchDocument, type Place } from './keys-document.ts'
import type { SavedKeys } from './saved-keys.ts'
import { type UnknownKids, unknownKids } from './unknown-kids.ts'
import type { KeyContext, KeySource, VerificationKey, VerificationKeys } from './verification-keys.ts'

/** Fetches the keys from this URL instead of the one in the issuer's metadata. */
export function jwksUri(url: string | URL): KeySource {
  return {
    algorithms: asymmetricAlgorithms,
    open(context) {
      const { href } = secureUrl('jwksUri()', url, 'https://auth.internal/jwks', context.insecureHttpAllowed)
      return new PublishedKeys({ url: async () => href }, context)
    }
  }
}

/** Fetches the keys from the URL in the issuer's metadata, after checking that the metadata belongs to the issuer (RFC 8414 §3.3). */
export const discoveredKeys: KeySource = {
  algorithms: asymmetricAlgorithms,
  open(context) {
    const { server } = context
    const place = {
      url: async () => urlIn(await server.authorizationServer({})),
      lost: async () => urlIn(await server.rediscover({}))
    }
    return new PublishedKeys(place, context)
  }
}

function urlIn({ jwksUri }: { readonly jwksUri?: string | undefined }): string {
  if (jwksUri !== undefined) return jwksUri
  const message = 'The metadata of the issuer contains no usable jwks_uri. Give the URL of its keys with jwksUri(url).'
  throw new TokenClientError('ERR_DISCOVERY_FAILED', message, { transient: false })
}

/** The keys that the issuer publishes. They are cached. If a token needs a key that is not among them, they are fetched again. */
class PublishedKeys implements VerificationKeys {
  readonly #context: KeyContext
  readonly #kept: KeptKeys
  readonly #unknown: UnknownKids
  /** All tokens with an unknown key share one fetch. */
  #asking: Promise<KeySet | undefined> | undefined

  constructor(place: Place, context: KeyContext) {
    const { clock, staleFor } = context
    this.#context = context
    this.#kept = new KeptKeys({
      fetch: async (before) => keySet(await fetchDocument(place, context), context, before),
      clock,
      staleFor,
      saved: keysOfEarlierProcess(context)
    })
    this.#unknown = unknownKids(clock)
  }

  candidates(header: JwsHeader): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const set = this.#kept.current()
    return set instanceof Promise
      ? set.then((landed) => this.#candidatesIn(landed, header))
      : this.#candidatesIn(set, header)
  }

  async newer(header: JwsHeader): Promise<readonly VerificationKey[]> {
    const before = await this.#kept.current()
    const found = await this.#newKeys(header, before)
    return found.filter((key) => !before.has(key))
  }

  isCurrent(key: VerificationKey): boolean {
    return this.#kept.held()?.set.has(key) === true
  }

  upkeep(): Promise<void> | undefined {
    return this.#kept.upkeep()
  }

  export(): SavedKeys | undefined {
    const { issuer, clock } = this.#context
    const held = this.#kept.held()
    return held && { issuer, fetchedAt: clock.wallTime() - held.age, keys: held.set.jwks }
  }

  #candidatesIn(set: KeySet, header: JwsHeader): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const found = set.candidates(header)
    return found.length > 0 ? found : this.#newKeys(header, set)
  }

  /** An unknown key may be new, so the issuer is asked. It is not asked for the same `kid` again soon. */
  async #newKeys(header: JwsHeader, set: KeySet): Promise<readonly VerificationKey[]> {
    const kid = header.kid ?? ''
    const latest = this.#unknown.has(kid, set) ? undefined : await this.#latest()
    const found = latest?.candidates(header) ?? []
    if (latest !== undefined && found.length === 0) this.#unknown.add(kid, latest)
    if (found.length === 0) throw new RefusedToken('unknown_key')
    return found
  }

  /** Fetches the keys now. The result is undefined if the issuer may not be asked yet or does not answer. */
  #latest(): Promise<KeySet | undefined> | undefined {
    if (this.#asking === undefined && this.#unknown.mayAsk())
      this.#asking = this.#kept.latest().finally(() => {
        this.#asking = undefined
      })
    return this.#asking
  }
}

/** The keys of the option `savedKeys`, with their age. */
function keysOfEarlierProcess(context: KeyContext) {
  const { savedKeys, clock } = context
  if (savedKeys === undefined) return undefined
  return {
    set: keySet({ keys: [...savedKeys.keys] }, context),
    age: Math.max(0, clock.wallTime() - savedKeys.fetchedAt)
  }
}
