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
const gapBetweenTrials = 60_000
const serverHasNotFollowed =
  'The authorization server refused the new client credential and took the one from before. Give it the new one.'

export function credentialRing<Credential extends Comparable<Credential>>(
  sources: readonly CredentialSource<Credential>[],
  { isReusable = false }: CredentialRingOptions = {}
): CredentialRing<Credential> {
  const keepsFormer = isReusable && sources.length === 1
  let inUse: Credential | undefined
  /** What each source gave last. */
  const known: (Credential | undefined)[] = []
  /** Since the server last took one; the longest ago first. */
  let refusals: readonly Credential[] = []
  /** The newest refusal was worth a repeat. If that is refused too, the attempt fails and its back-off begins. */
  let wasRepeated = false
  /** Those that were at hand, and not refused, when the back-off began: they are no reason to end it. */
  let atBackOff: readonly Credential[] = []
  /** Of a single source: what the server took last, whatever the source gives now. */
  let former: Credential | undefined
  let newcomer: Newcomer<Credential> | undefined

  async function read(place: number, warn: Warn, deadline?: Deadline): Promise<Credential | undefined> {
    known[place] = await sources[place]?.read(warn, deadline)
    return known[place]
  }

  async function readAll(warn: Warn): Promise<Credential[]> {
    const readings = await Promise.allSettled(sources.map((_, place) => read(place, warn)))
    return readings.flatMap((reading) => (reading.status === 'fulfilled' ? (reading.value ?? []) : []))
  }

  /** The one in use first, the others in their order. */
  function places(): readonly number[] {
    const gaveInUse = (place: number) => inUse !== undefined && known[place]?.equals(inUse) === true
    const all = [...sources.keys()]
    return [...all.filter(gaveInUse), ...all.filter((place) => !gaveInUse(place))]
  }

  function isInUse(credential: Credential): boolean {
    return inUse?.equals(credential) ?? false
  }

  /** -1: not refused. */
  function refusalOf(credential: Credential): number {
    return refusals.findIndex((refused) => refused.equals(credential))
  }

  function unrefused(credentials: readonly Credential[]): readonly Credential[] {
    return credentials.filter((credential) => refusalOf(credential) === -1)
  }

  /** The former one, while it is not known that the server takes what the source gives now. */
  function inPlaceOf(given: Credential, { clock }: Deadline): Credential {
    if (former === undefined || former.equals(given) || refusalOf(former) !== -1) return given
    const moment = clock.monotonicTime()
    if (refusalOf(given) !== -1) newcomer = { credential: given, triedAgainAt: moment + gapBetweenTrials }
    return newcomer?.credential.equals(given) && moment < newcomer.triedAgainAt ? former : given
  }

  return {
    async current(warn, deadline) {
      let best: Credential | undefined
      let failure: unknown
      for (const place of places()) {
        // One at a time: a source that hangs must not hold up one that has what is needed.
        const credential = await read(place, warn, deadline).catch((error) => {
          failure ??= error
          return undefined
        })
        if (credential === undefined) continue
        if (best === undefined || refusalOf(credential) < refusalOf(best)) best = credential
        if (refusalOf(best) === -1) break
      }
      if (best === undefined) throw failure
      inUse ??= best
      return inPlaceOf(best, deadline)
    },
    accepted(credential, warn) {
      if (!isInUse(credential)) {
        warn('credential_changed', 'The authorization server took another client credential than before.')
      }
      if (newcomer !== undefined && refusalOf(newcomer.credential) !== -1)
        warn('credential_refused', serverHasNotFollowed)
      if (newcomer?.credential.equals(credential)) newcomer = undefined
      if (keepsFormer) former = credential
      inUse = credential
      refusals = []
      atBackOff = []
      wasRepeated = false
    },
    async refused(credential, warn) {
      const isKnown = refusalOf(credential) !== -1
      refusals = [...refusals.filter((other) => !other.equals(credential)), credential].slice(-mostRemembered)
      const others = unrefused([...(await readAll(warn)), ...(former === undefined ? [] : [former])])
      // A request that was under way with a credential that others have left already takes the next one: that says nothing new.
      const mayRepeat = others.length > 0 && (isKnown || !wasRepeated)
      if (!isKnown) wasRepeated = mayRepeat
      if (!mayRepeat) atBackOff = others
      return mayRepeat
    },
    async changed() {
      const all = await readAll(() => {})
      return unrefused(all).some((credential) => !atBackOff.some((other) => other.equals(credential)))
    }
  }
}
