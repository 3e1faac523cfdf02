import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../../clock.ts'
import type { Journal, JournalEntry } from '../overview/journal.ts'
import { AdminError } from './admin-error.ts'

const heartbeat = 20_000
const mostStreams = 50
/** How many unread bytes are kept for a listener before it is disconnected. */
const mostUnread = 1024 * 1024

/** Server-sent events: each entry of the journal as it is written. */
export interface EventStreams {
  /** `data` is what one entry becomes: text, line breaks too. Throws an AdminError when too many listen. */
  open(response: ServerResponse, data: (entry: JournalEntry) => string): void
}

export function eventStreams(journal: Journal, clock: Clock): EventStreams {
  let open = 0
  return {
    open(response, data) {
      if (open >= mostStreams)
        throw new AdminError(503, 'too_many_streams', `${mostStreams} listen already. Close one.`)
      open++
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no'
      })
      response.write('retry: 1000\n\n')
      const unfollow = journal.follow((entry) => {
        if (response.writableLength > mostUnread) response.destroy()
        else response.write(event(entry, data(entry)))
      })
      let timer = beat()
      response.once('close', () => {
        open--
        unfollow()
        timer.cancel()
      })

      /** A line now and then keeps the connection, and finds out when it is gone. */
      function beat(): Timer {
        return clock.startTimer(() => {
          response.write(': still here\n\n')
          timer = beat()
        }, heartbeat)
      }
    }
  }
}

function event({ id, kind }: JournalEntry, data: string): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`)
  return `id: ${id}\nevent: ${kind}\n${lines.join('')}\n`
}
