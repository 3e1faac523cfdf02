import type { ServerResponse } from 'node:http'
import type { Clock } from '../../clock.ts'
import type { Answer } from '../http/server-answer.ts'

/** How an answer is sent. */
export type Delivery = (answer: Answer, response: ServerResponse, clock: Clock) => Promise<void> | void

export const atOnce: Delivery = (answer, response) => {
  writeHead(answer, response)
  response.end(answer.body)
}

export function after(delay: number): Delivery {
  return async (answer, response, clock) => {
    await pause(delay, response, clock)
    atOnce(answer, response, clock)
  }
}

/** Sends the head at once, and then one byte of the body each `interval` ms. */
export function byteByByte(interval: number): Delivery {
  return async (answer, response, clock) => {
    writeHead(answer, response)
    response.flushHeaders()
    for (const byte of Buffer.from(answer.body)) {
      await pause(interval, response, clock)
      if (response.destroyed) return
      response.write(Uint8Array.of(byte))
    }
    response.end()
  }
}

/** Sends nothing, and keeps the connection open. */
export const never: Delivery = () => {}

/** Resets the connection before the first byte. */
export const resetBefore: Delivery = (_answer, { socket }) => void socket?.resetAndDestroy()

/** Sends the head and `count` bytes of the body, and resets the connection. */
export function resetAfter(count: number): Delivery {
  return (answer, response) => {
    writeHead(answer, response)
    response.write(Buffer.from(answer.body).subarray(0, count), () => response.socket?.resetAndDestroy())
    response.flushHeaders()
  }
}

/** Sends these bytes as the whole answer, including the status line, and closes the connection. */
export function bytes(wire: string | Uint8Array): Delivery {
  return (_answer, { socket }) => void socket?.end(wire)
}

function writeHead({ status, headers, body }: Answer, response: ServerResponse): void {
  response.statusCode = status
  const bodiless = status === 204 || status === 304
  if (!bodiless) response.setHeader('content-length', Buffer.byteLength(body))
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}

/** Resolves after `delay` ms, or as soon as the client has gone. */
function pause(delay: number, response: ServerResponse, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.startTimer(done, delay)
    response.once('close', done)
    function done(): void {
      timer.cancel()
      response.off('close', done)
      resolve()
    }
  })
}
