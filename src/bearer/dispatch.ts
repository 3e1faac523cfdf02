import type { Dispatcher } from 'undici'
import type { TokenOptions, tokenOptions } from './token-options.ts'

// undici's words for what passes its seam. Types only: nothing of undici is loaded here.

export type Dispatch = Dispatcher.Dispatch
/** With what undici does not declare: the name that it asks the certificate for, an option of its redirect interceptor, and ours. */
export interface DispatchOptions extends Dispatcher.DispatchOptions {
  servername?: unknown
  maxRedirections?: number
  [tokenOptions]?: TokenOptions | undefined
}
export type Handler = Dispatcher.DispatchHandler
export type RequestHeaders = NonNullable<DispatchOptions['headers']>
export type ResponseHeaders = Parameters<NonNullable<Handler['onResponseStart']>>[2]
export type Controller = Dispatcher.DispatchController
/** Header fields as they stood on the wire; undici 8 gives them as an object for HTTP/2. */
export type RawFields = NonNullable<Controller['rawHeaders']>

/** The same options with some of them replaced; the caller's object stays as it is. */
export function withOptions(options: DispatchOptions, replaced: object): DispatchOptions {
  return { ...options, ...replaced }
}
