import type { Deadline } from '../waiting/deadline.ts'
import { wrong } from '../wrong-option.ts'
import type { Warn } from './client-authentication.ts'
import type { CredentialSource } from './credential-source.ts'

interface Comparable<Self> {
  equals(other: Self): boolean
}

/** The credentials of one client: the current one and the next. The server knows at least one of them. */
export interface CredentialRing<Credential> {
  /**
   * The first credential that the server has not refused, beginning with the one that it accepted last. If all were refused, the one that was refused longest ago.
   * A single source can return a new credential before the server knows it. The one that the server accepted last is then used again.
   */
  current(warn: Warn, deadline: Deadline): Promise<Credential>
  accepted(credential: Credential, warn: Warn): void
  /** Reads all credentials again. Returns whether to repeat the request. It never does after two refusals in a row, which lead to a back-off. */
  refused(credential: Credential, warn: Warn): Promise<boolean>
  /** Reads all credentials again. Returns whether there is one that did not exist when the server last refused. */
  changed(): Promise<boolean>
}

export function ringOf<Given>(option: string, given: Given | readonly Given[]): readonly Given[] {
  const ring = [given].flat() as readonly Given[]
  if (ring.length === 0) wrong(option, 'is an empty list', 'Give the current one first.')
  return ring
}

export interface CredentialRingOptions {
  /** Whether an earlier credential of a single source can be used again. An assertion cannot, and an earlier certificate would not match the bound tokens. */
  readonly isReusable?: boolean
}

/** A new credential of a single source that the server does not know yet. */
interface Newcomer<Credential> {
  readonly credential: Credential
  /** Monotonic ms at which it is tried again, so that not every token request tries it. */
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

/** This is a class because a thousand tenants have a thousand rings, and a class has its functions only once. */
class Ring<Credential extends Comparable<Credential>> implements CredentialRing<Credential> {
  readonly #sources: readonly CredentialSource<Credential>[]
  readonly #keepsFormer: boolean
  #inUse: Credential | undefined
  /** What each source last returned. */
  readonly #known: (Credential | undefined)[]
  /** Refused since the server last accepted one, the oldest refusal first. */
  #refusals: readonly Credential[] = none
  /** The last refusal led to a repeat. If the repeat is refused too, the attempt fails and the back-off begins. */
  #wasRepeated = false
  /** Credentials that existed and were not refused when the back-off began. They are not a reason to end it. */
  #atBackOff: readonly Credential[] = none
  /** For a single source: the credential that the server accepted last, whatever the source returns now. */
  #former: Credential | undefined
  #newcomer: Newcomer<Credential> | undefined

  constructor(sources: readonly CredentialSource<Credential>[], keepsFormer: boolean) {
    this.#sources = sources
    this.#known = sources.map(() => undefined)
    this.#keepsFormer = keepsFormer
  }

  async current(warn: Warn, deadline: Deadline): Promise<Credential> {
    let best: Credential | undefined
    let failure: unknown
    for (const place of this.#places()) {
      // One after the other, because a source that hangs must not delay one that has a credential.
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
    if (this.#newcomer?.credential.equals(credential)) this.#newcomer = undefined // its next trial is a minute from now
    const earlier = this.#refusals.filter((other) => !other.equals(credential))
    this.#refusals = [...earlier, credential].slice(-mostRemembered)
    const all = await this.#readAll(warn)
    const others = this.#unrefused(this.#former === undefined ? all : [...all, this.#former])
    // A request was under way with a credential that others no longer use. It takes the next one, and its refusal is not new.
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

  /** The credential in use first, then the others in their order. */
  #places(): readonly number[] {
    const inUse = this.#inUse
    const gaveInUse = (place: number) => inUse !== undefined && this.#known[place]?.equals(inUse) === true
    const all = [...this.#sources.keys()]
    return [...all.filter(gaveInUse), ...all.filter((place) => !gaveInUse(place))]
  }

  /** -1 if it was not refused. */
  #refusalOf(credential: Credential): number {
    return this.#refusals.findIndex((refused) => refused.equals(credential))
  }

  #unrefused(credentials: readonly Credential[]): readonly Credential[] {
    return credentials.filter((credential) => this.#refusalOf(credential) === -1)
  }

  /** The earlier credential, until the server has accepted the current one. */
  #inPlaceOf(given: Credential, { clock }: Deadline): Credential {
    const former = this.#former
    if (former === undefined || former.equals(given) || this.#refusalOf(former) !== -1) return given
    const moment = clock.monotonicTime()
    const isKnown = this.#newcomer?.credential.equals(given) === true
    if (this.#refusalOf(given) !== -1 && !isKnown)
      this.#newcomer = { credential: given, triedAgainAt: moment + gapBetweenTrials }
    const newcomer = this.#newcomer
    return newcomer?.credential.equals(given) && moment < newcomer.triedAgainAt ? former : given
  }
}
