const followers = new WeakMap<object, AbortSignal>()

/**
 * The signal of another realm or of a polyfill as one of this realm, which aborts with it. jsdom, for example, has an AbortController of its own.
 * `undefined` if it is no signal at all.
 */
export function ownSignal(given: unknown): AbortSignal | undefined {
  if (given instanceof AbortSignal) return given
  return looksLikeSignal(given) ? follower(given) : undefined
}

/** One listener for each foreign signal, however many calls it is given to. */
function follower(foreign: AbortSignal): AbortSignal {
  const known = followers.get(foreign)
  if (known !== undefined) return known
  const following = new AbortController()
  const abort = () => following.abort(foreign.reason)
  if (foreign.aborted) abort()
  else foreign.addEventListener('abort', abort, { once: true })
  followers.set(foreign, following.signal)
  return following.signal
}

function looksLikeSignal(given: unknown): given is AbortSignal {
  if (typeof given !== 'object' || given === null) return false
  const { aborted, addEventListener } = given as Partial<AbortSignal>
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
}
