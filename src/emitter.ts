import { AsyncResource } from 'node:async_hooks'
import { type Emit, type EventName, eventNames, type TokenClientEvents } from './events.ts'
import { knownNames } from './known-names.ts'
import { queueMicrotask } from './platform-timers.ts'
import { wrong } from './wrong-option.ts'

export type Listener<Name extends EventName> = (event: TokenClientEvents[Name]) => unknown
export type WildcardListener = (name: EventName, event: TokenClientEvents[EventName]) => unknown

export interface On {
  <Name extends EventName>(name: Name, listener: Listener<Name>): () => void
  (name: '*', listener: WildcardListener): () => void
}

export interface Off {
  <Name extends EventName>(name: Name, listener: Listener<Name>): void
  (name: '*', listener: WildcardListener): void
}

export interface GuardedEmitter {
  readonly emit: Emit
  /** Returns a function that removes the listener. */
  readonly on: On
  readonly off: Off
}

type Callback = (...values: unknown[]) => unknown
type Publish = (name: EventName, event: object) => void

/** The context in which this module was loaded. An event does not belong to the call that happened to cause it. */
const noCaller = new AsyncResource('SERVICE_TOKEN_EVENTS')

/**
 * Listeners are code of the user. If one throws, rejects or calls back into the client, nothing breaks. Events are emitted in
 * a microtask, when the state that they report is final, and outside the asynchronous context of every caller. `publish` gets
 * each event as well.
 */
export function guardedEmitter(publish?: Publish): GuardedEmitter {
  return new Emitter(publish)
}

class Emitter implements GuardedEmitter {
  readonly #publish: Publish | undefined
  /** Name → listener → what calls it. Made for the first listener: most of a thousand tenants' clients have none. */
  #guards: Map<string, Map<Callback, Callback>> | undefined

  constructor(publish?: Publish) {
    this.#publish = publish
  }

  readonly emit: Emit = (name, event) => {
    const told = Object.freeze(event)
    queueMicrotask(() => noCaller.runInAsyncScope(this.#tell, this, name, told))
  }

  readonly on = ((name: string, listener: Callback) => {
    checkListener(name, listener)
    this.#guards ??= new Map()
    const named = this.#guards.get(name) ?? new Map<Callback, Callback>()
    this.#guards.set(name, named)
    if (!named.has(listener)) named.set(listener, guarded(name, listener))
    return () => void named.delete(listener)
  }) as On

  readonly off = ((name: string, listener: Callback) => void this.#guards?.get(name)?.delete(listener)) as Off

  /** Calls the listeners that are registered now, even if one of them removes another. */
  #tell(name: EventName, event: object): void {
    const guards = this.#guards
    for (const guard of [...(guards?.get(name)?.values() ?? [])]) guard(event)
    for (const guard of [...(guards?.get('*')?.values() ?? [])]) guard(name, event)
    this.#publish?.(name, event)
  }
}

/** A listener for an unknown name would never be called. */
function checkListener(name: unknown, listener: unknown): void {
  const known = [...eventNames, '*']
  if (!known.some((one) => one === name)) wrong('on()', 'has no such event', knownNames(String(name), known))
  if (typeof listener !== 'function') wrong(`on('${name}')`, 'has no listener', 'Give a function.')
}

function guarded(name: string, listener: Callback): Callback {
  let reported = false

  function report(): void {
    if (reported) return
    reported = true
    const message = `A listener for "${name}" of a token client throws or rejects. The client continues. Fix the listener.`
    process.emitWarning(message, { type: 'TokenClientWarning', code: 'ERR_LISTENER' })
  }

  return (...values) => {
    try {
      Promise.resolve(listener(...values)).catch(report)
    } catch {
      report()
    }
  }
}
