import type { Socket } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { rawServer } from '../http/raw-server.ts'
import { asker, type RealAnswer, realAnswer, timeout } from './real-exchange.ts'

type Writer = (socket: Socket) => void

let real: RealAnswer

beforeAll(async () => {
  real = await realAnswer()
})

/** The same answer, as HTTP/1.1 can frame it. */
const framings: Readonly<Record<string, () => string>> = {
  'a length': () => `${real.head}\r\n\r\n${real.body}`,
  chunks() {
    const chunks = real.body.match(/.{1,40}/gs) ?? []
    const coded = chunks.map((chunk) => `${chunk.length.toString(16)};x=y\r\n${chunk}\r\n`).join('')
    return `${headWith('transfer-encoding: chunked')}\r\n\r\n${coded}0\r\nx-trailer: 1\r\n\r\n`
  },
  'its end': () => `${headWith('connection: close')}\r\n\r\n${real.body}`
}

/** The head with these fields in place of the length. */
function headWith(...fields: readonly string[]): string {
  return [real.head.replace(/\r\ncontent-length: \d+/i, ''), ...fields].join('\r\n')
}

function prefixes(answer: string): string[] {
  return Array.from(answer, (_, at) => answer.slice(0, at))
}

/** Writes piece after piece, each in a packet of its own, and then perhaps ends the connection. */
function inTurn(pieces: readonly string[], ends: boolean): Writer {
  return (socket) => {
    const [first = '', ...rest] = pieces
    socket.write(first)
    if (rest.length > 0) setImmediate(() => inTurn(rest, ends)(socket))
    else if (ends) setImmediate(() => socket.end())
  }
}

/** What became of a token request for each of the writers, in their order, over one sender. */
async function outcomes(writers: readonly Writer[]): Promise<string[]> {
  const { origin } = await rawServer(({ socket }, index) => writers[index]?.(socket.setNoDelay()))
  const { ask } = asker()
  const seen: string[] = []
  for (const _ of writers) seen.push(await ask(origin, real.token))
  return seen
}

function kinds(seen: readonly string[]): string[] {
  return [...new Set(seen)].toSorted()
}

/** The token, or an error that says what was wrong with the answer. */
const listed = [
  'whole',
  'ERR_CONNECTION_RESET',
  'ERR_NETWORK',
  'ERR_MALFORMED_BODY',
  'ERR_SERVER_ERROR',
  'ERR_UNEXPECTED_CONTENT_ENCODING',
  'ERR_UNEXPECTED_CONTENT_TYPE',
  'ERR_UNEXPECTED_STATUS'
]
const broken = ['ERR_CONNECTION_RESET', 'ERR_NETWORK']
const brokenOrMalformed = [...broken, 'ERR_MALFORMED_BODY']

describe.each(Object.keys(framings))('an answer framed by %s', (framing) => {
  const answer = () => framings[framing]?.() ?? ''
  const expected = framing === 'its end' ? brokenOrMalformed : broken

  test('T7 T63 that ends after any of its bytes is no token', async () => {
    const seen = await outcomes(prefixes(answer()).map((prefix) => (socket) => void socket.end(prefix)))
    expect(seen.length).toBeGreaterThan(250)
    expect(expected).toEqual(expect.arrayContaining(kinds(seen)))
  })

  test('T62 T63 that is reset after any of its bytes is no token', async () => {
    const reset = (prefix: string) => (socket: Socket) => void socket.write(prefix, () => socket.resetAndDestroy())
    const seen = await outcomes(prefixes(answer()).map(reset))
    expect(expected).toEqual(expect.arrayContaining(kinds(seen)))
  })

  test('T11 T12 that stops after any of its bytes ends at the deadline', async () => {
    const { next, origin } = await rawServer(({ socket }, index) => socket.write(answer().slice(0, index)))
    const askers = Array.from(answer(), () => asker())
    const seen = askers.map(({ ask }) => ask(origin, real.token))
    for (const _ of askers) await next()
    await Promise.all(askers.map(({ clock }) => clock.advance(timeout)))
    expect(kinds(await Promise.all(seen))).toEqual(['ERR_TIMEOUT'])
    expect(askers.filter(({ clock }) => clock.timers > 0)).toEqual([])
  })

  test('T7 that comes in two packets, cut anywhere, or byte by byte is the whole token', async () => {
    const ends = framing === 'its end'
    const cut = prefixes(answer()).map((prefix) => inTurn([prefix, answer().slice(prefix.length)], ends))
    expect(kinds(await outcomes([...cut, inTurn([...answer()], ends)]))).toEqual(['whole'])
  })
})

test('T7 a length that is a lie gives no token, and no byte of it is taken for the next answer', async () => {
  const { body } = real
  const wrong = Array.from(body, (_, length) => length).concat(body.length + 1, body.length + 1000)
  const oddities = ['-1', '+5', '0x10', '1e2', '1,2', '99999999999999999999', ' ', 'abc', `${body.length}, 1`]
  const lie =
    (length: unknown): Writer =>
    (socket) =>
      socket.end(`${headWith(`content-length: ${length}`)}\r\n\r\n${body}`)
  const truth: Writer = (socket) => void socket.write(`${real.head}\r\n\r\n${body}`)
  const seen = await outcomes([...wrong, ...oddities].flatMap((length) => [lie(length), truth]))
  expect(kinds(seen.filter((_, index) => index % 2 === 1))).toEqual(['whole'])
  expect(brokenOrMalformed).toEqual(expect.arrayContaining(kinds(seen.filter((_, index) => index % 2 === 0))))
})

test('T70 what comes behind an answer is not taken for the next one', async () => {
  const another = real.body.replace(real.token, 'stolen')
  const answer = `${real.head}\r\n\r\n${real.body}`
  const poison: Writer = (socket) =>
    void socket.write(`${answer}${headWith(`content-length: ${another.length}`)}\r\n\r\n${another}`)
  expect(await outcomes([poison, poison, poison])).toEqual(['whole', 'whole', 'whole'])
})

test('T7 a field that comes twice gives the whole token or an error', async () => {
  const fields = [
    ...real.head.split('\r\n').slice(1),
    'transfer-encoding: chunked',
    'content-encoding: identity',
    'content-length: 1'
  ]
  const twice =
    (field: string): Writer =>
    (socket) =>
      socket.end(`${real.head}\r\n${field}\r\n${field}\r\n\r\n${real.body}`)
  const seen = await outcomes(fields.map(twice))
  expect(listed).toEqual(expect.arrayContaining(kinds(seen)))
})

test('T7 a head with any of its bytes damaged gives the whole token or an error', async () => {
  const answer = `${real.head}\r\n\r\n${real.body}`
  const damages = ['\0', ' ', '\n', '9', '\xff']
  const damaged = prefixes(`${real.head}\r\n\r\n`).flatMap((prefix) =>
    damages.map(
      (damage): Writer =>
        (socket) =>
          socket.end(prefix + damage + answer.slice(prefix.length + 1), 'latin1')
    )
  )
  expect(listed).toEqual(expect.arrayContaining(kinds(await outcomes(damaged))))
})
