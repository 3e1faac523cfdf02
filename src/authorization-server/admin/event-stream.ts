import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../../clock.ts'
import type { Journal, JournalEntry } from '../overview/journal.ts'
import { AdminError } from './admin-error.ts'

const heartbeat = 20_000
const mostStreams = 50
/** A reader that has more unread bytes than this is disconnected. */
const mostUnread = 1024 * 1024

/** Server-sent events, one for each entry of the journal. */
export interface EventStreams {
  /** Starts a stream. `data` converts an entry to text, which can have line breaks. @throws AdminError if there are too many streams */
  open(response: ServerResponse, data: (entry: JournalEntry) => string): void
}

export function eventStreams(journal: Journal, clock: Clock): EventStreams {
  let open = 0
  return {
    open(response, data) {
      if (open >= mostStreams)
        throw new AdminError(503, 'too_many_streams', `There are already ${mostStreams} event streams. Close one.`)
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

      /** Writes a comment from time to time, which keeps the connection open and notices when it is gone. */
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
