import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { startAuthorizationServer } from '../../src/authorization-server/index.ts'
import { TokenClientError } from '../../src/errors.ts'
import { type SenderOptions, sender } from '../../src/http/send.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { readTokenResponse } from '../../src/token-endpoint/response.ts'

const form = 'grant_type=client_credentials&client_id=orders&client_secret=s'

export interface RealAnswer {
  /** Status line and fields, without the empty line. */
  readonly head: string
  readonly body: string
  /** The access token in it. */
  readonly token: string
}

/** The bytes with which the development server answers a token request, over a connection that it closes. */
export async function realAnswer(): Promise<RealAnswer> {
  const server = await startAuthorizationServer({
    clients: [{ clientId: 'orders', clientSecret: 's', scope: ['read_user'] }],
    accessTokenFormat: 'opaque'
  })
  const socket = connect(Number(new URL(server.issuer).port), '127.0.0.1').setEncoding('latin1')
  const request = [
    `POST ${new URL(server.tokenEndpoint).pathname} HTTP/1.1`,
    'host: 127.0.0.1',
    'connection: close',
    'content-type: application/x-www-form-urlencoded',
    `content-length: ${form.length}`
  ]
  socket.write(`${request.join('\r\n')}\r\n\r\n${form}`)
  let text = ''
  for await (const chunk of socket) text += chunk
  await server.close()
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  return { head: head.replace(/\r\nconnection: close/i, ''), body, token: JSON.parse(body).access_token }
}

export interface Asker {
  readonly clock: ManualClock
  /** `whole` for the token, and for a failure its code. A prefix of the token, or anything that is not ours, throws. */
  ask(url: string, token: string): Promise<string>
}

export const timeout = 5000

/** Asks for tokens over one sender, with a clock that the test holds. */
export function asker(options: Omit<SenderOptions, 'clock'> = {}): Asker {
  const clock = manualClock()
  const { send, close } = sender({ ...options, clock })
  onTestFinished(close)
  return {
    clock,
    async ask(url, token) {
      try {
        const answer = await send({ method: 'POST', url, body: form, timeout })
        const context = { tokenEndpoint: url, wallTime: clock.wallTime(), bearerTypes: ['bearer'], hidden: [] }
        const { value } = readTokenResponse(answer, context)
        if (value !== token) throw new Error('a token that the server did not give was read')
        return 'whole'
      } catch (error) {
        if (error instanceof TokenClientError) return error.code
        throw error
      }
    }
  }
}
