import type { Duplex } from 'node:stream'
import {
  type Controller,
  type DispatchOptions,
  type Handler,
  type RawFields,
  type ResponseHeaders,
  withOptions
} from './dispatch.ts'

/** The older kind of handler that undici 6 and the `fetch` of Node 22 and 24 pass. undici 8 no longer accepts it. */
interface OlderHandler {
  onConnect?(abort: (reason: Error) => void, context: unknown): void
  onHeaders?(status: number, headers: Buffer[], resume: () => void, message?: string): boolean
  onData?(chunk: Buffer): boolean
  onComplete?(trailers: Buffer[]): void
  onError?(error: Error): void
  onUpgrade?(status: number, headers: Buffer[], socket: Duplex): void
  onResponseStarted?(): void
  onBodySent?(chunk: Buffer): void
  onRequestSent?(): void
}

/** A handler that every undici from 7 on accepts. */
export function acceptLegacyHandler(handler: Handler): Handler {
  return isLegacyHandler(handler) ? new LegacyHandler(handler as unknown as OlderHandler) : handler
}

/**
 * The options for such a handler. `dispatcher` is removed, because older versions of undici leave it in and undici 8 refuses it.
 * HTTP/2 is switched off, because an older `fetch` cannot fall back if a WebSocket is refused there.
 */
export function acceptLegacyOptions(options: DispatchOptions, handler: Handler): DispatchOptions {
  return isLegacyHandler(handler) ? withOptions(options, { dispatcher: undefined, allowH2: false }) : options
}

function isLegacyHandler(handler: Handler): boolean {
  return (
    typeof handler.onRequestStart !== 'function' && typeof (handler as unknown as OlderHandler).onConnect === 'function'
  )
}

/** What undici asks for in a handler, and in an older one. */
const demanded = [
  ['onResponseError', 'onError'],
  ['onRequestUpgrade', 'onUpgrade'],
  ['onResponseStart', 'onHeaders'],
  ['onResponseData', 'onData'],
  ['onResponseEnd', 'onComplete']
] as const

class LegacyHandler implements Handler {
  readonly #handler: OlderHandler

  constructor(handler: OlderHandler) {
    this.#handler = handler
    for (const [name, older] of demanded)
      if (typeof handler[older] !== 'function') Object.defineProperty(this, name, { value: undefined })
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#handler.onConnect?.((reason) => controller.abort(reason), context)
  }

  onRequestUpgrade(controller: Controller, status: number, headers: ResponseHeaders, socket: Duplex): void {
    this.#handler.onUpgrade?.(status, rawFields(controller.rawHeaders ?? headers), socket)
  }

  onResponseStart(controller: Controller, status: number, headers: ResponseHeaders, message?: string): void {
    const resume = () => controller.resume()
    const goOn = this.#handler.onHeaders?.(status, rawFields(controller.rawHeaders ?? headers), resume, message)
    if (goOn === false) controller.pause()
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#handler.onData?.(chunk) === false) controller.pause()
  }

  onResponseEnd(controller: Controller, trailers: ResponseHeaders): void {
    this.#handler.onComplete?.(rawFields(controller.rawTrailers ?? trailers))
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#handler.onError?.(error)
  }

  onBodySent(chunk: unknown): void {
    this.#handler.onBodySent?.(chunk as Buffer)
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.()
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.()
  }
}

/** Names and values in turn, as bytes. A repeated header appears several times. */
function rawFields(fields: RawFields): Buffer[] {
  if (Array.isArray(fields))
    return fields.map((field) => (typeof field === 'string' ? Buffer.from(field, 'latin1') : field))
  const raw: Buffer[] = []
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value ?? ''])
      raw.push(Buffer.from(name, 'latin1'), Buffer.from(one, 'latin1'))
  }
  return raw
}
