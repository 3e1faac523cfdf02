import type { IncomingMessage, ServerResponse } from 'node:http'
import { atOnce } from './faults/delivery.ts'
import { spare } from './http/http-server.ts'
import { jsonAnswer } from './http/server-answer.ts'
import type { ServerParts } from './overview/server-parts.ts'

/** Answers requests for the page, the admin API and the health check; undefined for every other path. Faults do not act on them. */
export type FrontDoor = (incoming: IncomingMessage, response: ServerResponse) => Promise<void> | undefined

export interface FrontDoorOptions {
  readonly parts: ServerParts
  readonly host: string
  readonly port: string
  readonly adminSecret: string | undefined
}

type Handler = (incoming: IncomingMessage, response: ServerResponse) => Promise<void>

interface Rooms {
  readonly admin: Handler
  readonly page: Handler
}

/** Loads the page and the admin API with the first request for them, because most servers live for one test and need neither. */
export function frontDoor(options: FrontDoorOptions): FrontDoor {
  let rooms: Promise<Rooms> | undefined

  async function enter(room: keyof Rooms, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    spare(incoming.socket)
    rooms ??= open(options)
    try {
      const { [room]: handle } = await rooms
      await handle(incoming, response)
    } catch {
      response.destroy() // The answer cannot be sent, so the connection is broken.
    }
  }

  return (incoming, response) => {
    const path = (incoming.url ?? '').split('?', 1)[0] ?? ''
    if (path === '/health') return health(incoming, response, options)
    if (path === '/admin' || path.startsWith('/admin/')) return enter('admin', incoming, response)
    if (path === '/' || path.startsWith('/console/')) return enter('page', incoming, response)
    return undefined
  }
}

async function open({ parts, host, port, adminSecret }: FrontDoorOptions): Promise<Rooms> {
  const [{ Gatekeeper }, { adminApi }, { consolePage }] = await Promise.all([
    import('./admin/gatekeeper.ts'),
    import('./admin/admin-api.ts'),
    import('./console/console-page.ts')
  ])
  const gate = new Gatekeeper({ host, issuer: parts.issuer, secret: adminSecret, port, clock: parts.clock })
  const needsSecret = adminSecret !== undefined
  const { handle, streams } = adminApi({ parts, gate, needsSecret })
  return { admin: handle, page: consolePage({ parts, gate, streams, needsSecret }) }
}

/** The health check of a container. It says that the process runs, whatever fault is on. */
async function health(
  { socket }: IncomingMessage,
  response: ServerResponse,
  { parts }: FrontDoorOptions
): Promise<void> {
  spare(socket)
  await atOnce(jsonAnswer(200, { status: 'ok', issuer: parts.issuer }), response, parts.clock)
}
