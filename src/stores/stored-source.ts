import { type Clock, type Timer, uniform } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import { pause } from '../waiting/pause.ts'
import { broken } from './guarded-store.ts'
import type { TokenRecord } from './token-record.ts'

export interface StoredSourceOptions {
  /** The source to ask if the store has no usable token. It is undefined for a reader, which waits until another instance stores a token. */
  readonly source: TokenSource | undefined
  /** Returns the record of a request in the store. It resolves with undefined while the sealing key cannot be read. */
  readonly recordOf: (request: TokenRequest) => Promise<TokenRecord | undefined>
  readonly clock: Clock
  /** How many milliseconds a call may take if its caller sets no limit. */
  readonly timeout: number
}

// All times are in milliseconds.

/** If the holder of a lease dies, another instance takes over within this time. */
const leaseLife = 1000
const leaseRenewedEvery = 300
/** How long a message about a failure stays until this instance knows how long it pauses, and how long it stays at most. */
const wordUnlessTold = 5000
const longestWord = 600_000
const longestWordWithoutToken = 20_000
/** How often one of the instances without a token tries what the holder of the lease has failed at. */
const gapBetweenDoubts = 120_000
/** The time between two reads is drawn between these two. */
const [shortestPause, longestPause] = [50, 400]
/** How long a caller without a token waits for the holder of the lease. It is at most half of the caller's time. */
const longestWaitWithoutToken = 2000

/** One call for a token. */
interface Call {
  readonly request: TokenRequest
  readonly asking: Asking
  readonly record: TokenRecord
  /** Monotonic ms. */
  readonly endsAt: number
}

/** A failure that the other instances were told of. */
interface ToldFailure {
  readonly record: TokenRecord
  readonly error: unknown
  /** How many milliseconds the others are told of it at most. */
  readonly longest: number
}

/**
 * A source that reads the store first and then asks the source below under a lease, so that a whole fleet needs only one token.
 * The lease only saves requests. Two holders at once would get two valid tokens, and the store would keep the later version.
 * If the store is broken, the source works as if there were no store.
 */
export class StoredSource implements TokenSource {
  readonly #options: StoredSourceOptions
  readonly #told = new Map<string, ToldFailure>()

  constructor(options: StoredSourceOptions) {
    this.#options = options
  }

  token(request: TokenRequest, asking: Asking = {}): Promise<AccessToken> {
    // A reader can only get what the others have stored, even if a refresh was forced.
    return this.#answer(request, this.#isReader ? { ...asking, insists: undefined } : asking)
  }

  changed(): Promise<boolean> | undefined {
    return this.#options.source?.changed?.()
  }

  rests(request: TokenRequest, ms: number): void {
    this.#options.source?.rests?.(request, ms)
    const told = this.#told.get(request.key)
    if (told === undefined) return
    this.#told.delete(request.key)
    // The lease lasts a little longer than this instance's pause, so that this instance is the one that tries again.
    void told.record.leaveWord(told.error, Math.min(ms, told.longest) + leaseLife)
  }

  withdraw(request: TokenRequest, token: AccessToken): void {
    void this.#options.recordOf(request).then((record) => record?.remove(token))
  }

  get #isReader(): boolean {
    return this.#options.source === undefined
  }

  async #answer(request: TokenRequest, asking: Asking): Promise<AccessToken> {
    const { recordOf, clock, timeout } = this.#options
    const endsAt = clock.monotonicTime() + (asking.maxWait ?? timeout)
    const record = await recordOf(request)
    if (record === undefined) return this.#askBelow(request, { ...asking, maxWait: this.#leftUntil(endsAt) })
    const call = { request, asking, record, endsAt }
    const found = await record.read()
    if (found === broken && !this.#isReader) return this.#ask(call)
    return isAnswer(found, asking) ? found : this.#shareWithOthers(call)
  }

  /** Gets a token under the lease, or waits for the token of the instance that holds the lease. */
  async #shareWithOthers(call: Call): Promise<AccessToken> {
    const { clock } = this.#options
    const { asking, record, endsAt } = call
    const isPatient = this.#isReader || asking.inHand !== undefined
    const began = clock.monotonicTime()
    const patientUntil = isPatient ? endsAt : began + Math.min(longestWaitWithoutToken, (endsAt - began) / 2)
    for (;;) {
      const state = this.#isReader ? 'held' : await record.lease(leaseLife)
      if (state === 'acquired') return this.#askUnderLease(call)
      if (state === broken || asking.insists?.()) return this.#ask(call)
      if (state instanceof TokenClientError) return this.#doubt(call, state)
      const left = patientUntil - clock.monotonicTime()
      if (left <= 0 && isPatient) throw nobodyWrote(asking)
      if (left <= 0) return this.#ask(call)
      await pause(clock, Math.min(left, uniform(clock, shortestPause, longestPause)), asking.signal)
      const found = await record.read()
      if (isAnswer(found, asking)) return found
    }
  }

  /** The holder's failure may be its own fault. So before instances without a token fail, one of them tries for itself. */
  async #doubt(call: Call, told: TokenClientError): Promise<AccessToken> {
    if (call.asking.inHand !== undefined || !(await call.record.mayDoubt(gapBetweenDoubts))) throw told
    return this.#ask(call)
  }

  async #askUnderLease(call: Call): Promise<AccessToken> {
    const { asking, record } = call
    // The previous holder may have stored a token after our last read.
    const found = await record.read()
    if (isAnswer(found, asking)) {
      void record.release()
      return found
    }
    const stopRenewing = renewLease(record, this.#options.clock)
    try {
      // A renewal after the end would remove the message.
      return await this.#ask(call, () => void record.release()).finally(stopRenewing)
    } catch (error) {
      // An instance that starts now may have no token, so it cannot wait as long as an instance that has one.
      const longest = found === undefined || found === broken ? longestWordWithoutToken : longestWord
      await this.#giveUp(call, error, longest)
      throw error
    }
  }

  async #giveUp({ request, record }: Call, error: unknown, longest: number): Promise<void> {
    if (await record.leaveWord(error, wordUnlessTold)) this.#told.set(request.key, { record, error, longest })
    else await record.release()
  }

  async #ask({ request, asking, record, endsAt }: Call, written = () => {}): Promise<AccessToken> {
    const epoch = record.epoch() // The epoch is read before the request, because it may rise before the token arrives.
    const token = await this.#askBelow(request, { ...asking, maxWait: this.#leftUntil(endsAt) })
    this.#told.delete(request.key)
    void epoch.then((askedIn) => record.write(token, askedIn)).then(written)
    return token
  }

  async #askBelow(request: TokenRequest, asking: Asking): Promise<AccessToken> {
    const { source } = this.#options
    if (source === undefined) throw noCredential()
    return source.token(request, asking)
  }

  #leftUntil(endsAt: number): number {
    return Math.max(0, endsAt - this.#options.clock.monotonicTime())
  }
}

/** Renews the lease until the function that it returns is called. */
function renewLease(record: TokenRecord, clock: Clock): () => void {
  let timer: Timer | undefined
  const renew = () => {
    timer = clock.startTimer(() => {
      void record.lease(leaseLife)
      renew()
    }, leaseRenewedEvery)
  }
  renew()
  return () => timer?.cancel()
}

/** Whether the store's token helps the caller: the caller has none, or an older one. */
function isAnswer(
  found: AccessToken | undefined | typeof broken,
  { rejected, inHand, insists }: Asking
): found is AccessToken {
  if (found === undefined || found === broken || insists?.()) return false
  const former = rejected ?? inHand
  if (former === undefined) return true
  return found.authorization !== former.authorization && found.obtainedAt > former.obtainedAt
}

function nobodyWrote({ maxWait }: Asking): TokenClientError {
  const message = `No other instance has put the token into the store within ${Math.round(maxWait ?? 0)} ms.`
  return new TokenClientError('ERR_TIMEOUT', message, { transient: true })
}

function noCredential(): TokenClientError {
  const message = 'This client only reads tokens from the store, and its sealing key cannot be read.'
  return new TokenClientError('ERR_SECRET_UNAVAILABLE', message, { transient: true })
}
