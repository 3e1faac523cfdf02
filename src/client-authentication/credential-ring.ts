import type { Deadline } from '../waiting/deadline.ts'
import { wrong } from '../wrong-option.ts'
import type { Warn } from './client-authentication.ts'
import type { CredentialSource } from './credential-source.ts'

interface Comparable<Self> {
  equals(other: Self): boolean
}

/** The credentials of one client, of which the server knows at least one: the current, the next. */
export interface CredentialRing<Credential> {
  /**
   * The first that the server has not refused, beginning with the one that it took last; else the one that was refused longest ago.
   * A single source can give a new one before the server knows it: then the one that the server took last is used again.
   */
  current(warn: Warn, deadline: Deadline): Promise<Credential>
  accepted(credential: Credential, warn: Warn): void
  /** Reads all again. Whether a repeat is due: never after two refusals in a row, whose end is a back-off. */
  refused(credential: Credential, warn: Warn): Promise<boolean>
  /** Reads all again. Whether one has come that was not there when the server last refused. */
  changed(): Promise<boolean>
}

export function ringOf<Given>(option: string, given: Given | readonly Given[]): readonly Given[] {
  const ring = [given].flat() as readonly Given[]
  if (ring.length === 0) wrong(option, 'is an empty list', 'Give the current one first.')
  return ring
}

export interface CredentialRingOptions {
  /** What a single source gave before can be used again. An assertion cannot, and a certificate would bind tokens that others are asked with. */
  readonly isReusable?: boolean
}

/** A new credential from a single source, which the server does not know yet. */
interface Newcomer<Credential> {
  readonly credential: Credential
  /** Monotonic ms: it is tried again then, and not with every token request. */
  readonly triedAgainAt: number
}

const mostRemembered = 16
const none: readonly never[] = []
const gapBetweenTrials = 60_000
const serverHasNotFollowed =
  'The authorization server refused the new client credential and took the one from before. Give it the new one.'

export function credentialRing<Credential extends Comparable<Credential>>(
  sources: readonly CredentialSource<Credential>[],
  { isReusable = false }: CredentialRingOptions = {}
): CredentialRing<Credential> {
  return new Ring(sources, isReusable && sources.length === 1)
}

/** A class: a thousand tenants have a thousand rings, and its functions once. */
class Ring<Credential extends Comparable<Credential>> implements CredentialRing<Credential> {
  readonly #sources: readonly CredentialSource<Credential>[]
  readonly #keepsFormer: boolean
  #inUse: Credential | undefined
  /** What each source gave last. */
  readonly #known: (Credential | undefined)[] = []
  /** Since the server last took one; the longest ago first. */
  #refusals: readonly Credential[] = none
  /** The newest refusal was worth a repeat. If that is refused too, the attempt fails and its back-off begins. */
  #wasRepeated = false
  /** Those that were at hand, and not refused, when the back-off began: they are no reason to end it. */
  #atBackOff: readonly Credential[] = none
  /** Of a single source: what the server took last, whatever the source gives now. */
  #former: Credential | undefined
  #newcomer: Newcomer<Credential> | undefined

  constructor(sources: readonly CredentialSource<Credential>[], keepsFormer: boolean) {
    this.#sources = sources
    this.#keepsFormer = keepsFormer
  }

  async current(warn: Warn, deadline: Deadline): Promise<Credential> {
    let best: Credential | undefined
    let failure: unknown
    for (const place of this.#places()) {
      // One at a time: a source that hangs must not hold up one that has what is needed.
      const credential = await this.#read(place, warn, deadline).catch((error) => {
        failure ??= error
        return undefined
      })
      if (credential === undefined) continue
      if (best === undefined || this.#refusalOf(credential) < this.#refusalOf(best)) best = credential
      if (this.#refusalOf(best) === -1) break
    }
    if (best === undefined) throw failure
    this.#inUse ??= best
    return this.#inPlaceOf(best, deadline)
  }

  accepted(credential: Credential, warn: Warn): void {
    if (this.#inUse?.equals(credential) !== true) {
      warn('credential_changed', 'The authorization server took another client credential than before.')
    }
    const newcomer = this.#newcomer
    if (newcomer !== undefined && this.#refusalOf(newcomer.credential) !== -1)
      warn('credential_refused', serverHasNotFollowed)
    if (newcomer?.credential.equals(credential)) this.#newcomer = undefined
    if (this.#keepsFormer) this.#former = credential
    this.#inUse = credential
    this.#refusals = none
    this.#atBackOff = none
    this.#wasRepeated = false
  }

  async refused(credential: Credential, warn: Warn): Promise<boolean> {
    const isKnown = this.#refusalOf(credential) !== -1
    const earlier = this.#refusals.filter((other) => !other.equals(credential))
    this.#refusals = [...earlier, credential].slice(-mostRemembered)
    const all = await this.#readAll(warn)
    const others = this.#unrefused(this.#former === undefined ? all : [...all, this.#former])
    // A request that was under way with a credential that others have left already takes the next one: that says nothing new.
    const mayRepeat = others.length > 0 && (isKnown || !this.#wasRepeated)
    if (!isKnown) this.#wasRepeated = mayRepeat
    if (!mayRepeat) this.#atBackOff = others
    return mayRepeat
  }

  async changed(): Promise<boolean> {
    const all = await this.#readAll(() => {})
    return this.#unrefused(all).some((credential) => !this.#atBackOff.some((other) => other.equals(credential)))
  }

  async #read(place: number, warn: Warn, deadline?: Deadline): Promise<Credential | undefined> {
    this.#known[place] = await this.#sources[place]?.read(warn, deadline)
    return this.#known[place]
  }

  async #readAll(warn: Warn): Promise<Credential[]> {
    const readings = await Promise.allSettled(this.#sources.map((_, place) => this.#read(place, warn)))
    return readings.flatMap((reading) => (reading.status === 'fulfilled' ? (reading.value ?? []) : []))
  }

  /** The one in use first, the others in their order. */
  #places(): readonly number[] {
    const inUse = this.#inUse
    const gaveInUse = (place: number) => inUse !== undefined && this.#known[place]?.equals(inUse) === true
    const all = [...this.#sources.keys()]
    return [...all.filter(gaveInUse), ...all.filter((place) => !gaveInUse(place))]
  }

  /** -1: not refused. */
  #refusalOf(credential: Credential): number {
    return this.#refusals.findIndex((refused) => refused.equals(credential))
  }

  #unrefused(credentials: readonly Credential[]): readonly Credential[] {
    return credentials.filter((credential) => this.#refusalOf(credential) === -1)
  }

  /** The former one, while it is not known that the server takes what the source gives now. */
  #inPlaceOf(given: Credential, { clock }: Deadline): Credential {
    const former = this.#former
    if (former === undefined || former.equals(given) || this.#refusalOf(former) !== -1) return given
    const moment = clock.monotonicTime()
    if (this.#refusalOf(given) !== -1) this.#newcomer = { credential: given, triedAgainAt: moment + gapBetweenTrials }
    const newcomer = this.#newcomer
    return newcomer?.credential.equals(given) && moment < newcomer.triedAgainAt ? former : given
  }
}
