import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { ClientConfigurationError } from '../../errors.ts'
import { jwkThumbprint } from '../../proof/public-jwk.ts'
import {
  type AsymmetricAlgorithm,
  asymmetricAlgorithms,
  type SymmetricAlgorithm,
  symmetricAlgorithms
} from '../../proof/signature-algorithms.ts'

/** Nothing of ours verifies these (RFC 9964): they are here to see what a resource server does with one. */
const postQuantum = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const

/** What access tokens can be signed with. HS256, HS384 and HS512 need a `signingSecret`; ML-DSA needs a Node that has it. */
export type SigningAlgorithm = AsymmetricAlgorithm | SymmetricAlgorithm | (typeof postQuantum)[number]

export const signingAlgorithms: readonly SigningAlgorithm[] = [
  ...asymmetricAlgorithms,
  ...postQuantum,
  ...symmetricAlgorithms
]

export interface SigningKey {
  /** Undefined for a shared secret. */
  readonly kid: string | undefined
  readonly algorithm: SigningAlgorithm
  readonly privateKey: CryptoKey | Uint8Array
  /** As it is published: with `kid`, `alg` and `use` (RFC 7517 §4). A shared secret is not published. */
  readonly publicJwk: JWK | undefined
  /** Epoch ms. */
  readonly createdAt: number
}

export interface SigningKeys {
  /** What new tokens are signed with. */
  current(): SigningKey
  /** The current key, and those before it as long as their overlap lasts. */
  published(): readonly JWK[]
  /** Signs with a new key from now on. The previous key stays published for `overlap` ms. */
  rotate(overlap: number): Promise<void>
  /** Called after each rotation. */
  onRotate(listener: (sentence: string) => void): void
}

/** Keys that outlive the process. */
export interface KeyStore {
  read(): Promise<readonly SavedKey[]>
  write(keys: readonly SavedKey[]): Promise<void>
}

export interface SavedKey {
  readonly privateJwk: JWK
  readonly createdAt: number
  /** Epoch ms until which it stays published; the current one has none. */
  readonly until?: number
}

export interface SigningKeysOptions {
  readonly algorithm: SigningAlgorithm
  readonly secret: string | undefined
  readonly store: KeyStore | undefined
  /** Epoch ms. */
  readonly now: () => number
}

/** @throws ClientConfigurationError when this Node cannot make such keys, or the saved ones are for another algorithm. */
export async function signingKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { algorithm, secret, store, now } = options
  if (secret !== undefined) return sharedSecret(algorithm, secret, now())
  const saved = (await store?.read()) ?? []
  let kept = await Promise.all(saved.map((key) => savedKey(key, algorithm)))
  const listeners: ((sentence: string) => void)[] = []

  function current(): KeptKey {
    return kept.find(({ until }) => until === undefined) as KeptKey
  }

  async function add(overlap: number): Promise<void> {
    const next = await newKey(algorithm, now(), store !== undefined)
    const until = now() + overlap
    const earlier = kept.filter((key) => key.until === undefined || now() < key.until)
    kept = [...earlier.map((key) => ({ ...key, until: key.until ?? until })), next]
    await store?.write(await Promise.all(kept.map(toSave)))
  }

  if (current() === undefined) await add(0)
  return {
    current,
    published: () =>
      [current(), ...kept.filter(({ until = 0 }) => now() < until)].map(({ publicJwk }) => publicJwk as JWK),
    async rotate(overlap) {
      await add(overlap)
      const rest =
        overlap > 0
          ? `The previous key stays published for ${Math.round(overlap / 1000)} s.`
          : 'The previous key was removed.'
      for (const listener of listeners) listener(`Tokens are signed with a new key. ${rest}`)
    },
    onRotate: (listener) => void listeners.push(listener)
  }
}

interface KeptKey extends SigningKey {
  readonly privateKey: CryptoKey
  /** Epoch ms until which it is published; undefined for the current one. */
  readonly until?: number
}

async function newKey(algorithm: SigningAlgorithm, createdAt: number, extractable: boolean): Promise<KeptKey> {
  const pair = await generateKeyPair(algorithm, { extractable }).catch(() => {
    throw new ClientConfigurationError('ERR_INVALID_OPTION', `This version of Node cannot sign with ${algorithm}.`)
  })
  return { ...published(await exportJWK(pair.publicKey), algorithm), privateKey: pair.privateKey, createdAt }
}

function published(jwk: JWK, algorithm: SigningAlgorithm) {
  const kid = jwkThumbprint({ ...jwk }) as string // jose has made or read it, so it is a whole key
  return { kid, algorithm, publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' } }
}

async function savedKey({ privateJwk, createdAt, until }: SavedKey, algorithm: SigningAlgorithm): Promise<KeptKey> {
  if (privateJwk.alg !== algorithm) {
    const sentence = `The saved keys are for ${privateJwk.alg}, and the server signs with ${algorithm}. Name another file.`
    throw new ClientConfigurationError('ERR_INVALID_OPTION', sentence)
  }
  const { d, p, q, dp, dq, qi, priv, kid, use, alg, ...publicJwk } = privateJwk
  const privateKey = (await importJWK({ ...privateJwk, alg: algorithm }, algorithm, { extractable: true })) as CryptoKey
  return {
    ...published(publicJwk as JWK, algorithm),
    privateKey,
    createdAt,
    ...(until !== undefined && { until })
  }
}

async function toSave({ privateKey, algorithm, createdAt, until }: KeptKey): Promise<SavedKey> {
  const privateJwk = { ...(await exportJWK(privateKey)), alg: algorithm }
  return { privateJwk, createdAt, ...(until !== undefined && { until }) }
}

/** Who verifies with it can sign with it; it is neither published nor rotated. */
function sharedSecret(algorithm: SigningAlgorithm, secret: string, createdAt: number): SigningKeys {
  const privateKey = new TextEncoder().encode(secret)
  return {
    current: () => ({ kid: undefined, algorithm, privateKey, publicJwk: undefined, createdAt }),
    published: () => [],
    rotate() {
      const sentence =
        'A shared secret has no public half, so its tokens are not rotated here. Start with another secret.'
      return Promise.reject(new ClientConfigurationError('ERR_INVALID_OPTION', sentence))
    },
    onRotate: () => {}
  }
}
