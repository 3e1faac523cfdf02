import { tracingChannel } from 'node:diagnostics_channel'
import { type RequestTrace, requestChannelName } from '../telemetry/request-channel.ts'

export interface RequestListener {
  started?(trace: RequestTrace): void
  ended(trace: RequestTrace): void
}

/** Hears of the token requests of one client, until the function that is returned is called. */
export function onRequests(client: number, { started, ended }: RequestListener): () => void {
  const ours = (listen: (trace: RequestTrace) => void) => (message: object) => {
    const trace = message as RequestTrace
    if (trace.client === client) listen(trace)
  }
  const ignored = () => {}
  const subscribers = {
    start: started === undefined ? ignored : ours(started),
    asyncEnd: ours(ended),
    end: ignored,
    asyncStart: ignored,
    error: ignored
  }
  const channel = tracingChannel(requestChannelName)
  channel.subscribe(subscribers)
  return () => channel.unsubscribe(subscribers)
}

/** Host and port as in the conventions: the port only if the URL contains one. */
export function addressAttributes(server: string): Record<string, string | number> {
  const { hostname, port } = new URL(`http://${server}`)
  const address = { 'server.address': hostname.replace(/^\[|\]$/g, '') }
  return port === '' ? address : { ...address, 'server.port': Number(port) }
}
