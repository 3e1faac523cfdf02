import type { Dispatcher } from 'undici'
import type { TokenOptions, tokenOptions } from './token-options.ts'

// The types of undici's dispatch interface. These are only types, so nothing of undici is loaded.

export type Dispatch = Dispatcher.Dispatch
/** Adds what undici does not declare: the name for the certificate check, an option of its redirect interceptor, and our own option. */
export interface DispatchOptions extends Dispatcher.DispatchOptions {
  servername?: unknown
  maxRedirections?: number
  [tokenOptions]?: TokenOptions | undefined
}
export type Handler = Dispatcher.DispatchHandler
/** The name of a callback. undici 7 does not declare `onRequestSent`. */
export type Callback = keyof Handler | 'onRequestSent'
export type RequestHeaders = NonNullable<DispatchOptions['headers']>
export type ResponseHeaders = Parameters<NonNullable<Handler['onResponseStart']>>[2]
export type Controller = Dispatcher.DispatchController
/** Header fields as they stood on the wire; undici 8 gives them as an object for HTTP/2. */
export type RawFields = NonNullable<Controller['rawHeaders']>

/** A copy of the options with some of them replaced. The caller's object does not change. */
export function withOptions(options: DispatchOptions, replaced: object): DispatchOptions {
  return { ...options, ...replaced }
}
