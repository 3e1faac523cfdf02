import type { Handler } from './dispatch.ts'

type Callback = 'onResponseError' | 'onResponseStart' | 'onResponseData' | 'onResponseEnd'

/**
 * The first callback that undici would miss in a handler. Our replacement for the handler must lack it too, so that undici
 * refuses the request with its own message.
 */
export function missingCallback(handler: Handler): Callback | undefined {
  if (typeof handler.onResponseError !== 'function') return 'onResponseError'
  if (typeof handler.onResponseStart !== 'function') return 'onResponseStart'
  if (typeof handler.onResponseData !== 'function') return 'onResponseData'
  return typeof handler.onResponseEnd === 'function' ? undefined : 'onResponseEnd'
}

/** undici's refusal of an upgrade whose socket nobody would use. undici 7 refuses it only for older handlers. */
export function upgradeWithoutHandler(): Error {
  const error = new Error('invalid onRequestUpgrade method')
  return Object.assign(error, { name: 'InvalidArgumentError', code: 'UND_ERR_INVALID_ARG' })
}
