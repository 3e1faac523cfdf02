import type { Chance } from './simulated-chance.ts'
import { marker } from './verdict.ts'
import type { Script } from './wire.ts'

/** A server's or a network's answer after an ordinary delay. */
export function answer(chance: Chance, status: number, members: object, headers: Script['headers'] = {}): Script {
  return text(chance, status, JSON.stringify(members), { 'content-type': 'application/json', ...headers })
}

export function text(chance: Chance, status: number, body: string, headers: Script['headers'] = {}): Script {
  return { delay: chance.between(1, 60), status, headers, body: [body], ending: 'whole' }
}

const leaked = `${marker}token-in-a-bad-answer`
const token = (members: object) => ({ access_token: leaked, token_type: 'Bearer', expires_in: 3600, ...members })

/** Answers that report success but hold no usable token. */
export function malformedAnswer(chance: Chance, otherType = 'DPoP'): Script {
  const json = { 'content-type': 'application/json' }
  return chance.pick<() => Script>([
    () => text(chance, 200, `<html>${leaked}</html>`, { 'content-type': 'text/html' }),
    () => text(chance, 200, '', json),
    () => text(chance, 200, chance.pick(['null', '[]', '"x"', '1', 'true']), json),
    () => text(chance, 200, JSON.stringify(token({})).slice(0, -chance.integer(1, 40)), json),
    () => text(chance, 200, ' '.repeat(70_000), json),
    () => answer(chance, 200, token({}), { 'content-encoding': 'gzip' }),
    () => answer(chance, 200, token({}), { 'content-type': 'application/json; charset=iso-8859-1' }),
    () =>
      answer(
        chance,
        200,
        token({ access_token: chance.pick([undefined, 123, '', `${leaked} `, `${leaked}\n`, `${leaked}é`, [leaked]]) })
      ),
    () => answer(chance, 200, token({ access_token: leaked.repeat(1000) })),
    () => answer(chance, 200, token({ expires_in: chance.pick([-1, '12abc', '1e3', true, {}]) })),
    () => answer(chance, 200, token({ scope: chance.pick([['read write'], [7], 'a"b', 7]) })),
    () => answer(chance, 200, token({ token_type: chance.pick(['mac', otherType, 7]) })),
    () => answer(chance, 200, token({ error: chance.pick(['server_error', 'invalid_scope', 'some\u0000thing']) })),
    () => answer(chance, chance.pick([204, 206, 304]), token({})),
    () => answer(chance, chance.pick([201, 202, 299]), token({ access_token: undefined })),
    () => text(chance, chance.pick([201, 204, 304]), '')
  ])()
}

/** Answers with which a server refuses the client or its request, rightly or not. */
export function refusal(chance: Chance, secret: string): Script {
  return chance.pick<() => Script>([
    () => answer(chance, chance.pick([400, 401]), { error: 'invalid_client', error_description: leaked }),
    () => answer(chance, 400, { error: chance.pick(['invalid_scope', 'invalid_target', 'invalid_request']) }),
    () => answer(chance, 400, { error: chance.pick(['unauthorized_client', 'unsupported_grant_type', 'denied']) }),
    () => answer(chance, 400, { error: `no client has the secret ${secret}` }),
    () => text(chance, 401, leaked),
    () => text(chance, chance.pick([403, 404, 405, 410, 413, 431]), leaked),
    () => text(chance, chance.pick([301, 302, 307, 308]), '', { location: 'https://elsewhere.example/?t=marker-query' })
  ])()
}

export function rateLimit(chance: Chance, wallTime: number): Script {
  const later = new Date(wallTime + chance.magnitude(1000, 7_200_000)).toUTCString()
  const date = { date: new Date(wallTime).toUTCString() }
  const headers = chance.pick<Script['headers']>([
    {},
    { 'retry-after': String(chance.integer(1, 60)) },
    { 'retry-after': String(Math.round(chance.magnitude(60, 7200))) },
    { 'retry-after': chance.pick(['0', '-5', 'abc', '1.5', '', '999999999', '1, 2']) },
    { 'retry-after': later, ...date }
  ])
  return text(chance, 429, 'Slow down.', headers)
}

export function serverError(chance: Chance): Script {
  return chance.pick<() => Script>([
    () => text(chance, chance.pick([500, 502, 503, 504, 521]), '<html>gateway</html>', { 'content-type': 'text/html' }),
    () => answer(chance, 503, { error: 'temporarily_unavailable' }),
    () => answer(chance, 500, { error: 'invalid_client' }),
    () => text(chance, chance.pick([408, 425]), '')
  ])()
}

/** One error in four has a body that cannot be read. */
export function perhapsUnreadable(chance: Chance, script: Script): Script {
  if (script.status === undefined || !chance.happens(0.25)) return script
  return chance.pick<() => Script>([
    () => ({ ...script, headers: { ...script.headers, 'content-encoding': 'gzip' } }),
    () => ({ ...script, body: [' '.repeat(70_000)] }),
    () => ({ ...script, body: ['{'], ending: chance.pick(resets) }),
    () => ({ ...script, body: ['{'], ending: 'silence' })
  ])()
}

const resets = ['ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE']

/** The connection breaks before the first byte or in the middle of the answer. */
export function reset(chance: Chance, script: Script): Script {
  const ending = chance.pick(resets)
  if (chance.happens(0.5)) return { delay: script.delay, ending }
  return { ...script, body: script.body?.map((part) => part.slice(0, chance.integer(0, part.length))) ?? [], ending }
}

/** The body comes a few bytes at a time. */
export function drip(chance: Chance, script: Script): Script {
  const whole = script.body?.join('') ?? ''
  const body = Array.from({ length: Math.ceil(whole.length / 16) }, (_, part) => whole.slice(16 * part, 16 * part + 16))
  return { ...script, body, pace: chance.between(200, 2000) }
}

/** The errors of a connection that was never made. */
export const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ETIMEDOUT', 'CERT_HAS_EXPIRED']

export function outage(chance: Chance): Script {
  return { delay: chance.between(0, 20), ending: chance.pick(unreachable) }
}
