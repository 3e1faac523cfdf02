import { type Clock, type Timer, uniform } from '../clock.ts'
import { TokenClientError } from '../errors.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { TokenRequest } from '../token/token-request.ts'
import type { Asking, TokenSource } from '../token/token-source.ts'
import { pause } from '../waiting/pause.ts'
import { broken } from './guarded-store.ts'
import type { Shelf } from './shelf.ts'

export interface StoredSourceOptions {
  /** The source to ask if the store has no usable token. It is undefined for a reader, which waits until another instance stores a token. */
  readonly source: TokenSource | undefined
  /** Returns the place of a request in the store. It resolves with undefined while the sealing key cannot be read. */
  readonly shelfOf: (request: TokenRequest) => Promise<Shelf | undefined>
  readonly clock: Clock
  /** How many milliseconds a call may take if its caller sets no limit. */
  readonly timeout: number
}

/** All times are in milliseconds. If the holder of a lease dies, another instance takes over within a second. */
const lease = {
  life: 1000,
  renewedEvery: 300,
  wordUnlessTold: 5000,
  longestWord: 600_000,
  longestWithoutRecord: 20_000,
  doubt: 120_000
}
/** How many milliseconds pass between two reads, and how long a caller without a token waits for the holder: at most half of its time. */
const wait = { least: 50, most: 400, withoutToken: 2000 }

/** One call for a token. */
interface Question {
  readonly request: TokenRequest
  readonly asking: Asking
  readonly shelf: Shelf
  /** Monotonic ms. */
  readonly endsAt: number
}

/**
 * A source that reads the store first and then asks the source below under a lease, so that a whole fleet needs only one token.
 * The lease only saves requests. Two holders at once would get two valid tokens, and the store would keep the later version.
 * If the store is broken, the source works as if there were no store.
 */
export function storedSource({ source, shelfOf, clock, timeout }: StoredSourceOptions): TokenSource {
  const failed = new Map<string, { readonly shelf: Shelf; readonly error: unknown; readonly longest: number }>()

  async function answer(request: TokenRequest, asking: Asking): Promise<AccessToken> {
    const endsAt = clock.monotonicTime() + (asking.maxWait ?? timeout)
    const shelf = await shelfOf(request)
    if (shelf === undefined) return withoutStore(request, { ...asking, maxWait: leftUntil(endsAt) })
    const question = { request, asking, shelf, endsAt }
    const found = await shelf.look()
    if (found === broken) return source === undefined ? theirs(question) : ask(question)
    return found !== undefined && isAnswer(found, asking) ? found : theirs(question)
  }

  /** Gets a token under the lease, or waits for the token of the instance that holds the lease. */
  async function theirs(question: Question): Promise<AccessToken> {
    const { asking, shelf, endsAt } = question
    const began = clock.monotonicTime()
    const patientUntil = mayWait(asking) ? endsAt : began + Math.min(wait.withoutToken, (endsAt - began) / 2)
    for (;;) {
      const state = source === undefined ? 'held' : await shelf.lease(lease.life)
      if (state === 'acquired') return askUnderLease(question)
      if (state === broken || asking.insists?.()) return ask(question)
      if (state instanceof TokenClientError) return doubting(question, state)
      const left = patientUntil - clock.monotonicTime()
      if (left <= 0) return mayWait(asking) ? nobodyWrote(asking) : ask(question)
      await pause(clock, Math.min(left, uniform(clock, wait.least, wait.most)), asking.signal)
      const found = await shelf.look()
      if (found !== broken && found !== undefined && isAnswer(found, asking)) return found
    }
  }

  /** The holder's failure may be its own fault. So before instances without a token fail, one of them tries for itself. */
  async function doubting(question: Question, told: TokenClientError): Promise<AccessToken> {
    const { asking, shelf } = question
    if (asking.inHand !== undefined || !(await shelf.mayDoubt(lease.doubt))) throw told
    return ask(question)
  }

  function mayWait({ inHand }: Asking): boolean {
    return source === undefined || inHand !== undefined
  }

  async function askUnderLease(question: Question): Promise<AccessToken> {
    const { asking, shelf } = question
    // The previous holder may have stored a token after our last read.
    const found = await shelf.look()
    if (found !== broken && found !== undefined && isAnswer(found, asking)) {
      void shelf.release()
      return found
    }
    const stop = renewing(shelf)
    try {
      // A renewal after the end would remove the message.
      return await ask(question, () => void shelf.release()).finally(stop)
    } catch (error) {
      // An instance that starts now may have no token, so it cannot wait as long as an instance that has one.
      const longest = found === undefined || found === broken ? lease.longestWithoutRecord : lease.longestWord
      await giveUp(question, error, longest)
      throw error
    }
  }

  async function ask({ request, asking, shelf, endsAt }: Question, written = () => {}): Promise<AccessToken> {
    const epoch = shelf.epoch() // The epoch is read before the request, because it may rise before the token arrives.
    const token = await withoutStore(request, { ...asking, maxWait: leftUntil(endsAt) })
    failed.delete(request.key)
    void epoch.then((askedIn) => shelf.keep(token, askedIn)).then(written)
    return token
  }

  function leftUntil(endsAt: number): number {
    return Math.max(0, endsAt - clock.monotonicTime())
  }

  async function withoutStore(request: TokenRequest, asking: Asking): Promise<AccessToken> {
    if (source === undefined) throw noCredential()
    return source.token(request, asking)
  }

  function renewing(shelf: Shelf): () => void {
    let timer: Timer | undefined
    const renew = () => {
      timer = clock.startTimer(() => {
        void shelf.lease(lease.life)
        renew()
      }, lease.renewedEvery)
    }
    renew()
    return () => timer?.cancel()
  }

  async function giveUp({ request, shelf }: Question, error: unknown, longest: number): Promise<void> {
    if (await shelf.leaveWord(error, lease.wordUnlessTold)) failed.set(request.key, { shelf, error, longest })
    else await shelf.release()
  }

  return {
    // A reader can only get what the others have stored, even if a refresh was forced.
    token: (request, asking = {}) => answer(request, source === undefined ? { ...asking, insists: undefined } : asking),
    changed: source?.changed,
    rests(request, ms) {
      source?.rests?.(request, ms)
      const last = failed.get(request.key)
      if (last === undefined) return
      failed.delete(request.key)
      // The lease lasts a little longer than this instance's pause, so that this instance is the one that tries again.
      void last.shelf.leaveWord(last.error, Math.min(ms, last.longest) + lease.life)
    },
    withdraw(request, token) {
      void shelfOf(request).then((shelf) => shelf?.withdraw(token))
    }
  }
}

/** Whether the token helps the caller: the caller has none, or an older one. */
function isAnswer(found: AccessToken, { rejected, inHand, insists }: Asking): boolean {
  if (insists?.()) return false
  const former = rejected ?? inHand
  if (former === undefined) return true
  return found.authorization !== former.authorization && found.obtainedAt > former.obtainedAt
}

function nobodyWrote({ maxWait }: Asking): never {
  const message = `No other instance has put the token into the store within ${Math.round(maxWait ?? 0)} ms.`
  throw new TokenClientError('ERR_TIMEOUT', message, { transient: true })
}

function noCredential(): TokenClientError {
  const message = 'This client only reads tokens from the store, and its sealing key cannot be read.'
  return new TokenClientError('ERR_SECRET_UNAVAILABLE', message, { transient: true })
}
