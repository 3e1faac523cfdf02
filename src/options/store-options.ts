import type { Warn } from '../client-authentication/client-authentication.ts'
import { CredentialFault, type CredentialSource } from '../client-authentication/credential-source.ts'
import { type ClientSecret, secretSources } from '../client-authentication/secret-source.ts'
import { limits } from '../limits.ts'
import type { TokenStore } from '../stores/token-store.ts'
import { Secret } from '../token/secret.ts'
import type { Deadline } from '../waiting/deadline.ts'
import { trueOrFalse, wholeNumber, wrong } from '../wrong-option.ts'
import { looksRandom } from './random-looking.ts'

/** How the instances of a fleet share their tokens. */
export interface StoreOptions {
  /** Where the shared tokens are stored: `redisStore(…)`, `fileStore(…)`, or a store of your own. */
  readonly store?: TokenStore
  /**
   * The key that encrypts the records: 32 random bytes in base64 or hexadecimal, given in any form of a client secret. A list contains the current key and
   * earlier ones. With `'clientSecret'` the key is derived from the client secret, which then has to be long and random.
   */
  readonly sealingKey?: ClientSecret | readonly ClientSecret[]
  /** How many copies of each record there are, in as many slots of a cluster. The default is 1. An instance uses one of them. */
  readonly shards?: number
  /** This instance has no credential and waits for the tokens that others put into the store. */
  readonly reader?: boolean
}

export const storeOptionNames = ['store', 'sealingKey', 'shards', 'reader'] as const

export interface Sharing {
  readonly store: TokenStore
  /** The sealing keys, the current one first. Rejects while the current one cannot be read. An earlier one that cannot be read is left out. */
  readonly secrets: (warn: Warn, deadline?: Deadline) => Promise<readonly Secret[]>
  readonly shards: number
  readonly reader: boolean
}

const verbs = ['read', 'write', 'remove', 'lease', 'release'] as const

export function storeOption(given: StoreOptions & { readonly clientSecret?: unknown }): Sharing | undefined {
  const { store, sealingKey, shards = 1, reader = false } = given
  if (store === undefined) return withoutStore(given)
  const missing = verbs.find((verb) => typeof (store as Partial<TokenStore> | null)?.[verb] !== 'function')
  if (missing !== undefined) wrong('store', `has no ${missing}()`, 'Give redisStore(…), fileStore(…) or a TokenStore.')
  trueOrFalse('reader', reader)
  wholeNumber('shards', shards, { least: 1, most: limits.shards })
  return { store, secrets: reading(sealingKeySources(sealingKey, given.clientSecret)), shards, reader }
}

function reading([current, ...former]: readonly CredentialSource<Secret>[]): Sharing['secrets'] {
  return async (warn, deadline) => {
    const others = Promise.allSettled(former.map((source) => source.read(warn, deadline)))
    const first = await current?.read(warn, deadline)
    const rest = (await others).flatMap((reading) => (reading.status === 'fulfilled' ? [reading.value] : []))
    return first === undefined ? rest : [first, ...rest]
  }
}

function withoutStore(given: StoreOptions): undefined {
  const lonely = storeOptionNames.find((name) => given[name] !== undefined)
  if (lonely === undefined) return undefined
  const remedy = 'Give store beside it, or leave it out.'
  wrong(lonely, 'is given without a store', remedy, 'ERR_MISSING_OPTION')
}

function sealingKeySources(sealingKey: StoreOptions['sealingKey'], clientSecret: unknown): CredentialSource<Secret>[] {
  const option = 'sealingKey'
  if (sealingKey === undefined) {
    const remedy = "Give 32 random bytes in base64 ('openssl rand -base64 32'), the same to all instances."
    wrong(option, 'is missing: without it the store could read the tokens', remedy, 'ERR_MISSING_OPTION')
  }
  if (sealingKey !== 'clientSecret') {
    const asIssued = "Give 32 random bytes in base64 or hexadecimal, for example of 'openssl rand -base64 32'."
    return secretSources(sealingKey, { option, asIssued, checked: (text) => new Secret(decodedKey(text)) })
  }
  if (clientSecret === undefined) {
    wrong(option, "is 'clientSecret', but there is no client secret", 'Give a key of its own.', 'ERR_MISSING_OPTION')
  }
  const asIssued = 'Give a separate sealing key: anyone who gets the store could guess this one.'
  return secretSources(clientSecret as ClientSecret, { option, asIssued, checked: strongSecret })
}

const keyBytes = 32

/** The bytes in one spelling, so the same key in hexadecimal and in base64 is the same key. */
function decodedKey(text: string): string {
  const isHex = /^([0-9a-f]{2})+$/i.test(text) && text.length >= 2 * keyBytes
  const isBase64 = /^[\w+/-]+=*$/.test(text)
  const bytes = isHex ? Buffer.from(text, 'hex') : isBase64 ? Buffer.from(text, 'base64') : undefined
  if (bytes !== undefined && bytes.length >= keyBytes) return bytes.toString('base64')
  throw new CredentialFault(`must be at least ${keyBytes} bytes in base64 or hexadecimal`)
}

const leastLength = 32

function strongSecret(text: string): Secret {
  if (text.length < leastLength) throw new CredentialFault(`has fewer than ${leastLength} characters`)
  if (!looksRandom(text)) throw new CredentialFault('does not look random')
  return new Secret(Buffer.from(text).toString('base64'))
}
