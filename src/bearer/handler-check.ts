import type { Callback, DispatchOptions, Handler } from './dispatch.ts'

const demanded = ['onRequestStart', 'onResponseError', 'onResponseStart', 'onResponseData', 'onResponseEnd'] as const
const optional = ['onBodySent', 'onRequestSent'] as const
type Callbacks = Readonly<Partial<Record<Callback, unknown>>>

/** Whether undici takes a handler. Without a loop, because each dispatch asks. */
export function isComplete(handler: Handler, upgrade: DispatchOptions['upgrade']): boolean {
  const { onRequestStart, onResponseError, onBodySent, onRequestSent }: Callbacks = handler
  if (typeof onRequestStart !== 'function' || typeof onResponseError !== 'function') return false
  if (onBodySent !== undefined && typeof onBodySent !== 'function') return false
  if (onRequestSent !== undefined && typeof onRequestSent !== 'function') return false
  if (upgrade) return true
  const { onResponseStart, onResponseData, onResponseEnd }: Callbacks = handler
  if (typeof onResponseStart !== 'function' || typeof onResponseData !== 'function') return false
  return typeof onResponseEnd === 'function'
}

/** Makes our replacement for a handler lack what the handler lacks, so that undici refuses the request with its own message. */
export function lackTheSame(replacement: object, handler: Handler): void {
  const given: Callbacks = handler
  for (const name of [...demanded, ...optional])
    if (typeof given[name] !== 'function') Object.defineProperty(replacement, name, { value: given[name] })
}

/** undici's refusal of an upgrade whose socket nobody would use. undici 7 refuses it only for older handlers. */
export function upgradeWithoutHandler(): Error {
  return missing('onRequestUpgrade')
}

/** undici 8's refusal of a handler that cannot be told an error. It throws it at once. */
export function withoutErrorCallback({ onRequestStart }: Handler): Error {
  return missing(typeof onRequestStart === 'function' ? 'onResponseError' : 'onRequestStart')
}

function missing(callback: string): Error {
  return likeUndici('InvalidArgumentError', 'UND_ERR_INVALID_ARG', `invalid ${callback} method`)
}

/** undici's error for an abort without a reason. */
export function requestAborted(): Error {
  return likeUndici('AbortError', 'UND_ERR_ABORTED', 'Request aborted')
}

/** undici's classes recognise their instances by a symbol. */
function likeUndici(name: string, code: string, message: string): Error {
  return Object.assign(new Error(message), { name, code, [Symbol.for(`undici.error.${code}`)]: true })
}
