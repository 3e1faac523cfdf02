import type { CryptoKey, JSONWebKeySet } from 'jose'
import { withoutPrototypes } from '../../own-members.ts'
import type { JwsHeader } from '../compact-jws.ts'
import { secureUrl } from '../secure-url.ts'
import { RefusedToken } from '../token-refused-error.ts'
import { type KeptKeys, type KeyDocument, keptKeys } from './kept-keys.ts'
import { keySet } from './key-set.ts'
import { type UnknownKids, unknownKids } from './unknown-kids.ts'
import { asymmetricAlgorithms, type KeyContext, type KeySource, type VerificationKeys } from './verification-keys.ts'

const timeout = 5000

/** Keys at a URL of yours, in place of the one that the issuer's metadata names. */
export function jwksUri(url: string | URL): KeySource {
  return {
    algorithms: asymmetricAlgorithms,
    open(context) {
      const href = secureUrl('jwksUri()', url, context.insecureHttpAllowed)
      return publishedKeys(async () => href, context)
    }
  }
}

/** Keys at the URL that the issuer's metadata names, once the metadata is known to be the issuer's (RFC 8414 §3.3). */
export const discoveredKeys: KeySource = {
  algorithms: asymmetricAlgorithms,
  open: (context) => publishedKeys(() => discoveredUrl(context), context)
}

async function discoveredUrl({ server }: KeyContext): Promise<string> {
  const { jwksUri: url } = await server.authorizationServer({})
  if (url === undefined) throw new Error('The metadata of the issuer names no usable jwks_uri.')
  return url
}

function publishedKeys(findUrl: () => Promise<string>, context: KeyContext): VerificationKeys {
  const kept = keptKeys(async () => fetchDocument(await findUrl(), context), context.clock)
  const unknown = unknownKids(context.clock)
  return {
    generation: kept.generation,
    async find(header) {
      const key = (await (await kept.current())(header)) ?? (await newKey(header, kept, unknown))
      if (key === undefined) throw new RefusedToken('unknown_key')
      return key
    }
  }
}

/** A key that is not there may have been published since: the issuer is asked, and not soon again for the same name. */
async function newKey(header: JwsHeader, kept: KeptKeys, unknown: UnknownKids): Promise<CryptoKey | undefined> {
  const name = header.kid ?? ''
  if (unknown.has(name, kept.generation())) return undefined
  const latest = await kept.latest()
  const key = await latest?.(header)
  if (latest !== undefined && key === undefined) unknown.add(name, kept.generation())
  return key
}

async function fetchDocument(url: string, context: KeyContext): Promise<KeyDocument> {
  const headers = { accept: 'application/jwk-set+json, application/json' }
  const { status, body } = await context.sender.send({ method: 'GET', url, headers, timeout })
  if (status !== 200) throw new Error(`The keys at ${url} were answered with ${status}.`)
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  return { text, keys: keySet(withoutPrototypes(JSON.parse(text)) as JSONWebKeySet, context) }
}
