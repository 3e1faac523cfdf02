import type { JSONWebKeySet } from 'jose'
import { TokenClientError } from '../../errors.ts'
import { secureUrl } from '../../http/secure-url.ts'
import { limits } from '../../limits.ts'
import { withoutPrototypes } from '../../own-members.ts'
import { asymmetricAlgorithms } from '../../proof/signature-algorithms.ts'
import type { JwsHeader } from '../compact-jws.ts'
import { RefusedToken } from '../token-refused-error.ts'
import { KeptKeys } from './kept-keys.ts'
import { type KeySet, keySet } from './key-set.ts'
import { unknownKids } from './unknown-kids.ts'
import type { KeyContext, KeySource, VerificationKey, VerificationKeys } from './verification-keys.ts'

/** Where the keys are published. `lost` finds the URL again if there is nothing at the known one. */
interface Place {
  url(): Promise<string>
  lost?(): Promise<string>
}

/** Fetches the keys from this URL instead of the one in the issuer's metadata. */
export function jwksUri(url: string | URL): KeySource {
  return {
    algorithms: asymmetricAlgorithms,
    open(context) {
      const { href } = secureUrl('jwksUri()', url, 'https://auth.internal/jwks', context.insecureHttpAllowed)
      return publishedKeys({ url: async () => href }, context)
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
    return publishedKeys(place, context)
  }
}

function urlIn({ jwksUri }: { readonly jwksUri?: string | undefined }): string {
  if (jwksUri !== undefined) return jwksUri
  const message = 'The metadata of the issuer contains no usable jwks_uri. Give the URL of its keys with jwksUri(url).'
  throw new TokenClientError('ERR_DISCOVERY_FAILED', message, { transient: false })
}

function publishedKeys(place: Place, context: KeyContext): VerificationKeys {
  const { issuer, clock, staleFor, savedKeys } = context
  const saved = savedKeys && {
    set: keySet({ keys: [...savedKeys.keys] }, context),
    age: Math.max(0, clock.wallTime() - savedKeys.fetchedAt)
  }
  const fetch = async (before: KeySet | undefined) => keySet(await fetchDocument(place, context), context, before)
  const kept = new KeptKeys({ fetch, clock, staleFor, saved })
  const unknown = unknownKids(clock)

  let asking: Promise<KeySet | undefined> | undefined

  /** Fetches the keys now. The result is undefined if the issuer may not be asked yet or does not answer. */
  function latest(): Promise<KeySet | undefined> | undefined {
    if (asking === undefined && unknown.mayAsk())
      asking = kept.latest().finally(() => {
        asking = undefined
      })
    return asking
  }

  /** An unknown key may be new, so the issuer is asked. It is not asked for the same `kid` again soon. */
  async function newKeys(header: JwsHeader, set: KeySet): Promise<readonly VerificationKey[]> {
    const name = header.kid ?? ''
    const now = unknown.has(name, set) ? undefined : await latest()
    const found = now?.candidates(header) ?? []
    if (now !== undefined && found.length === 0) unknown.add(name, now)
    if (found.length === 0) throw new RefusedToken('unknown_key')
    return found
  }

  function candidatesIn(set: KeySet, header: JwsHeader) {
    const found = set.candidates(header)
    return found.length > 0 ? found : newKeys(header, set)
  }

  return {
    candidates(header) {
      const set = kept.current()
      return set instanceof Promise ? set.then((landed) => candidatesIn(landed, header)) : candidatesIn(set, header)
    },
    async newer(header) {
      const before = await kept.current()
      const found = await newKeys(header, before)
      return found.filter((key) => !before.has(key))
    },
    isCurrent: (key) => kept.held()?.set.has(key) === true,
    upkeep: () => kept.upkeep(),
    export() {
      const held = kept.held()
      return held && { issuer, fetchedAt: clock.wallTime() - held.age, keys: held.set.jwks }
    }
  }
}

async function fetchDocument(place: Place, context: KeyContext): Promise<JSONWebKeySet> {
  const known = await place.url()
  const answer = await ask(known, context)
  if (answer.status !== 404 && answer.status !== 410) return documentIn(known, answer)
  const now = (await place.lost?.()) ?? known
  return documentIn(now, now === known ? answer : await ask(now, context))
}

interface KeysAnswer {
  readonly status: number
  readonly body: Uint8Array
}

function ask(url: string, { sender }: KeyContext): Promise<KeysAnswer> {
  const headers = { accept: 'application/jwk-set+json, application/json' }
  return sender.send({
    method: 'GET',
    url,
    headers,
    certificate: undefined,
    timeout: limits.issuerWait,
    mostBytes: limits.documentBytes
  })
}

function documentIn(url: string, { status, body }: KeysAnswer): JSONWebKeySet {
  if (status !== 200) throw new Error(`${url}, the URL of the keys, answered ${status}.`)
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  const document = withoutPrototypes(JSON.parse(text) as JSONWebKeySet)
  if (!Array.isArray(document?.keys)) throw new Error(`The answer at ${url} is not a JWK Set.`)
  return document
}
