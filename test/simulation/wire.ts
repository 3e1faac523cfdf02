import type { Dispatcher } from 'undici'
import type { Host } from './host.ts'

/** The answer that comes on a connection, and its times. */
export interface Script {
  /** Milliseconds until the first byte, or until the connection breaks before it. */
  readonly delay: number
  /** Undefined if no byte comes. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: readonly string[]
  /** Milliseconds before each part of the body. */
  readonly pace?: number
  /** The answer is whole, or nothing more ever comes. Any other value is the code of the error that breaks the connection. */
  readonly ending: 'whole' | 'silence' | string
}

/** How an exchange has ended for the client. */
export interface Ending {
  /** The client had the whole answer, the connection broke, or the client left. */
  readonly how: 'whole' | 'broken' | 'left'
  readonly script: Script | undefined
  /** The answer holds a token. */
  readonly isIssued: boolean
}

/** One exchange as undici runs it: its events come in order, it ends once, and the client can leave. */
export interface Wire {
  readonly isOpen: boolean
  /** Plays the answer. `onWhole` is called when the client has the whole answer, and returns whether it held a token. */
  play(script: Script, onWhole?: () => boolean): void
}

type Handler = Dispatcher.DispatchHandler
type Controller = Dispatcher.DispatchController

export function openWire(host: Host, handler: Handler, onClose: (ending: Ending) => void): Wire {
  let isOpen = true
  let played: Script | undefined
  let reason: Error | null = null

  function close(how: Ending['how'], error?: Error): void {
    if (!isOpen) return
    isOpen = false
    onClose({ how, script: played, isIssued: false })
    if (error !== undefined) handler.onResponseError?.(controller, error)
  }

  /** As in undici, an error that a handler throws ends its request. */
  function tell(event: () => void): void {
    try {
      if (isOpen) event()
    } catch (error) {
      close('left', error as Error)
    }
  }

  const controller: Controller = {
    get aborted() {
      return reason !== null
    },
    get reason() {
      return reason
    },
    // Answers are small here, so no reader ever has to pause one.
    paused: false,
    pause() {},
    resume() {},
    rawHeaders: null,
    rawTrailers: null,
    abort(why) {
      if (!isOpen) return
      reason = why
      queueMicrotask(() => close('left', why))
    }
  }

  function play(script: Script, onWhole?: () => boolean): void {
    const { delay, status, headers = {}, body = [], pace = 0, ending } = script
    played = script

    function finish(): void {
      if (ending === 'silence') return
      if (ending !== 'whole') close('broken', broken(ending))
      tell(() => {
        isOpen = false
        onClose({ how: 'whole', script, isIssued: onWhole?.() === true })
        handler.onResponseEnd?.(controller, {})
      })
    }
    function sendPart(index: number): void {
      if (!isOpen) return
      if (index === body.length) {
        finish()
        return
      }
      tell(() => handler.onResponseData?.(controller, Buffer.from(body[index] as string)))
      if (pace === 0) sendPart(index + 1)
      else host.later(pace, () => sendPart(index + 1))
    }
    host.later(delay, () => {
      if (status === undefined) return finish()
      tell(() => handler.onResponseStart?.(controller, status, { ...headers }))
      if (pace === 0) sendPart(0)
      else host.later(pace, () => sendPart(0))
    })
  }

  tell(() => handler.onRequestStart?.(controller, null))
  return {
    get isOpen() {
      return isOpen
    },
    play
  }
}

function broken(code: string): Error {
  return Object.assign(new Error('The connection broke.'), { code })
}
