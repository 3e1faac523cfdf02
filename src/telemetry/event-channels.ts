import { channel } from 'node:diagnostics_channel'
import { TokenClientError } from '../errors.ts'
import { eventNames } from '../events.ts'

/** The client of an event, because a process can have many clients. */
export interface EventSource {
  readonly client: number
  readonly clientId: string
}

const channels = new Map(eventNames.map((name) => [name, channel(`service-token-client:${name}`)]))

/** Publishes an event as a plain object on `service-token-client:NAME`. If nobody subscribes, no object is created. */
export function publishEvent(name: string, event: object, { client, clientId }: EventSource): void {
  const told = channels.get(name)
  if (told?.hasSubscribers) told.publish(Object.freeze({ client, clientId, ...event, ...plainError(event) }))
}

/** The error of `refresh-failed` without its stack; the `error` of `rejected` is a word already. */
function plainError(event: { readonly error?: unknown }): object {
  if (!(event.error instanceof TokenClientError)) return {}
  const { code, transient, message, status, retryAfter } = event.error
  return { error: Object.freeze({ code, transient, message, status, retryAfter }) }
}
