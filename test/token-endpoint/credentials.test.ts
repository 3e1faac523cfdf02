import { expect, onTestFinished, test } from 'vitest'
import type { ClientAuthentication } from '../../src/client-authentication/client-authentication.ts'
import { clientSecretPost } from '../../src/client-authentication/client-secret-post.ts'
import { authenticationBySecret } from '../../src/client-authentication/default-authentication.ts'
import { privateKeyJwt } from '../../src/client-authentication/private-key-jwt.ts'
import type { WarningCode } from '../../src/events.ts'
import { sender } from '../../src/http/send.ts'
import type { AuthorizationServer } from '../../src/metadata/server-source.ts'
import { manualClock } from '../../src/testing/index.ts'
import { tokenRequest } from '../../src/token/token-request.ts'
import { tokenEndpoint } from '../../src/token-endpoint/token-endpoint.ts'
import { keys } from '../client-authentication/keys.ts'
import { http, type RawRequest, rawServer } from '../http/raw-server.ts'
import { good } from './token-answer.ts'

const now = Date.UTC(2030, 0, 1)
const request = tokenRequest({ scope: ['read'] })

interface Verdict {
  readonly status?: number
  readonly date?: number
  readonly error?: string
}

/** A server whose verdict on each form the test gives, and the source that asks it. */
async function road(
  clientAuthentication: ClientAuthentication,
  verdict: (form: URLSearchParams, index: number) => Verdict | undefined | Promise<Verdict>,
  known: Partial<AuthorizationServer> = {}
) {
  const forms: URLSearchParams[] = []
  const server = await rawServer(async ({ text, socket }: RawRequest, index) => {
    const form = new URLSearchParams(text.split('\r\n\r\n')[1])
    forms.push(form)
    const { status = 400, error = 'invalid_client', date } = (await verdict(form, index)) ?? { status: 200 }
    const headers = date === undefined ? [] : [`date: ${new Date(date).toUTCString()}`]
    socket.write(http(JSON.stringify(status === 200 ? good() : { error }), headers, `${status} Answer`))
  })
  const clock = manualClock({ now })
  const warnings: WarningCode[] = []
  const wire = sender({ clock })
  onTestFinished(() => wire.close())
  const before: AuthorizationServer = {
    issuer: server.origin,
    tokenEndpoint: `${server.origin}/token`,
    mutualTlsTokenEndpoint: undefined,
    authenticationMethods: undefined,
    ...known
  }
  const metadata = { origin: server.origin, found: before }
  const source = tokenEndpoint({
    clientId: 'order-service',
    server: { authorizationServer: () => before, rediscover: async () => metadata.found },
    clientAuthentication,
    sender: wire,
    clock,
    emit: (name, event) => void (name === 'warning' && 'code' in event && warnings.push(event.code)),
    timeout: 10_000,
    defaultLifetime: 300_000
  })
  return { source, forms, warnings, clock, server: metadata, token: async () => source.token(request) }
}

const secretIs = (valid: string) => (form: URLSearchParams) =>
  form.get('client_secret') === valid ? undefined : { status: 401 }

test('T46 X7 a refused secret is repeated once, at once, with the next of the ring, and the winner stays', async () => {
  const { token, forms, warnings } = await road(clientSecretPost(['current', 'next']), secretIs('next'))
  await token()
  await token()
  expect(forms.map((form) => form.get('client_secret'))).toEqual(['current', 'next', 'next'])
  expect(warnings).toEqual(['credential_changed'])
})

test('T46 X6 a secret that changed at its source meanwhile is tried at once', async () => {
  const versions = ['old', 'new']
  const secret = clientSecretPost(() => versions.shift() ?? 'new')
  const { token, forms } = await road(secret, secretIs('new'))
  await token()
  expect(forms.map((form) => form.get('client_secret'))).toEqual(['old', 'new'])
})

test('T46 X6 a secret that did not change is not sent again', async () => {
  const { token, forms } = await road(clientSecretPost('old'), secretIs('new'))
  await expect(token()).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT', transient: false })
  expect(forms).toHaveLength(1)
})

test('T47 a 401 without a word is a refusal too', async () => {
  const verdict = (form: URLSearchParams) =>
    form.get('client_secret') === 'next' ? undefined : { status: 401, error: '' }
  const { token, forms } = await road(clientSecretPost(['current', 'next']), verdict)
  await token()
  expect(forms).toHaveLength(2)
})

test.each([
  [clientSecretPost('dead'), 1],
  [clientSecretPost(['dead', 'dead too']), 2],
  [clientSecretPost(['dead', 'dead too', 'and the third']), 2]
])(
  'X7 ten keys at once with nothing but dead secrets: two refused requests at most',
  async (authentication, requests) => {
    const { source, forms } = await road(authentication, secretIs('new'))
    const asked = Array.from({ length: 10 }, (_, key) => source.token(tokenRequest({ scope: [`s${key}`] })))
    for (const outcome of await Promise.allSettled(asked)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_INVALID_CLIENT' } })
    }
    expect(forms).toHaveLength(requests)
  }
)

test('X7 ten keys at once with a good secret make ten requests, each of which is answered', async () => {
  const { source, forms } = await road(clientSecretPost('good'), () => undefined)
  await Promise.all(Array.from({ length: 10 }, (_, key) => source.token(tokenRequest({ scope: [`s${key}`] }))))
  expect(forms).toHaveLength(10)
})

test('X7 what failed for another reason lets the others try for themselves', async () => {
  const { source, forms } = await road(clientSecretPost('good'), (_, index) =>
    index === 0 ? { status: 503 } : undefined
  )
  const asked = [1, 2, 3].map((key) => source.token(tokenRequest({ scope: [`s${key}`] })))
  const outcomes = await Promise.allSettled(asked)
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(forms).toHaveLength(3)
})

test('X7 a trial that is slow holds the others for a second, not for its own time', async () => {
  const server = await rawServer()
  const { source, clock } = await road(clientSecretPost('good'), () => undefined, { tokenEndpoint: server.origin })
  const first = source.token(request)
  await server.next()
  const second = source.token(tokenRequest({ scope: ['other'] }))
  await clock.advance(1000)
  const answers = [server.requests[0]?.socket, (await server.next()).socket]
  for (const socket of answers) socket?.write(http(JSON.stringify(good())))
  await expect(Promise.all([first, second])).resolves.toHaveLength(2)
})

test('Q21 X7 a credential that never came once does not hold up the requests after it', async () => {
  let supply = (): Promise<string> => new Promise(() => {})
  const { source, clock } = await road(
    clientSecretPost(() => supply()),
    () => undefined
  )
  const first = expect(source.token(request)).rejects.toMatchObject({
    code: 'ERR_SECRET_UNAVAILABLE',
    message: 'The clientSecret function gave nothing within 4000 ms. See what it waits for.'
  })
  await clock.advance(4000)
  await first
  supply = async () => 'good'
  const timers = clock.timers
  const second = source.token(request)
  await new Promise((resolve) => setImmediate(resolve))
  expect(clock.timers - timers).toBe(2) // its own deadline and that of the exchange: nobody waits for the first
  await second
})

test('Q21 X3 a source that hangs later costs no call: the last good secret goes out, and what comes late is there for the next', async () => {
  let release = (_secret: string) => {}
  let supply = (): string | Promise<string> => 'old'
  const { token, forms, warnings, clock } = await road(
    clientSecretPost(() => supply()),
    () => undefined
  )
  await token()
  supply = () =>
    new Promise((resolve) => {
      release = resolve
    })
  const second = token()
  await clock.advance(4000)
  await second
  expect(warnings).toEqual(['secret_unavailable'])
  release('new')
  const third = token()
  await clock.advance(4000)
  await third
  expect(forms.map((form) => form.get('client_secret'))).toEqual(['old', 'old', 'new'])
})

test('Q21 X7 a source that hangs does not hold up the next of the ring', async () => {
  const { token, forms, clock } = await road(clientSecretPost([() => new Promise(() => {}), 'next']), () => undefined)
  const asked = token()
  await clock.advance(4000)
  await asked
  expect(forms.map((form) => form.get('client_secret'))).toEqual(['next'])
})

test('P3 Q21 a source that hangs holds nothing once the caller has left, and nobody is told that it hangs', async () => {
  let readings = 0
  const supply = async () => (readings++ === 0 ? 'old' : new Promise<string>(() => {}))
  const { token, source, clock, warnings } = await road(clientSecretPost(supply), () => undefined)
  await token()
  const leaving = new AbortController()
  const left = expect(source.token(request, { signal: leaving.signal })).rejects.toBe('left')
  while (readings < 2) await new Promise((resolve) => setImmediate(resolve))
  leaving.abort('left')
  await left
  await new Promise((resolve) => setImmediate(resolve))
  expect([clock.timers, warnings]).toEqual([0, []])
})

test('Q21 X6 a source that hangs when it is read again does not hide why the server refused', async () => {
  let readings = 0
  const supply = async () => (readings++ === 0 ? 'dead' : new Promise<string>(() => {}))
  const { source, clock, forms } = await road(clientSecretPost(supply), secretIs('new'))
  const asked = source.token(request) as Promise<unknown>
  const refusal = expect(asked).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  while (readings < 2) await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(1000)
  await refusal
  expect(forms).toHaveLength(1)
})

test('P3 Q21 a source that hangs when it is read again holds nothing once the caller has left', async () => {
  let readings = 0
  const supply = async () => (readings++ === 0 ? 'dead' : new Promise<string>(() => {}))
  const { source, clock } = await road(clientSecretPost(supply), secretIs('new'))
  const leaving = new AbortController()
  const left = expect(source.token(request, { signal: leaving.signal })).rejects.toBe('left')
  while (readings < 2) await new Promise((resolve) => setImmediate(resolve))
  leaving.abort('left')
  await left
  expect(clock.timers).toBe(0)
})

test('X7 after ten seconds of silence a dead secret is tried by one again', async () => {
  let valid = 'good'
  const { source, forms, clock } = await road(clientSecretPost('good'), (form) => secretIs(valid)(form))
  await source.token(request)
  valid = 'another'
  await clock.advance(10_000)
  await Promise.allSettled([1, 2, 3].map((key) => source.token(tokenRequest({ scope: [`s${key}`] }))))
  expect(forms).toHaveLength(2)
})

function iatOf(form: URLSearchParams | undefined): number {
  const [, claims = ''] = (form?.get('client_assertion') ?? '').split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).iat * 1000
}

const signed = () => privateKeyJwt({ key: keys.ec.privateKey })

test.each([600_000, -600_000, 30_000, 86_400_000])(
  'K7 a server whose clock is %d ms off gets a second assertion, at once, dated by its own',
  async (offset) => {
    const { token, forms } = await road(signed(), (_, index) => ({
      status: index === 0 ? 401 : 200,
      date: now + offset
    }))
    await token()
    expect(forms.map((form) => iatOf(form) - now)).toEqual([0, offset])
    await token()
    expect(iatOf(forms[2]) - now).toBe(offset)
  }
)

test('K7 of assertions that are refused together for their date each is made again', async () => {
  const offset = 600_000
  let allCame = () => {}
  const together = new Promise<void>((resolve) => {
    allCame = resolve
  })
  const { source, forms } = await road(signed(), async (form, index) => {
    if (index === 0) return { status: 200 }
    if (index === 3) allCame()
    await together
    return { status: iatOf(form) === now ? 401 : 200, date: now + offset }
  })
  await source.token(request)
  await Promise.all([1, 2, 3].map((key) => source.token(tokenRequest({ scope: [`s${key}`] }))))
  expect(forms.map((form) => iatOf(form) - now)).toEqual([0, 0, 0, 0, offset, offset, offset])
})

test.each([
  ['a few seconds', now + 29_000],
  ['more than a day', now + 86_401_000],
  ['nothing', undefined]
])('K7 K8 a Date that differs by %s changes nothing', async (_, date) => {
  const { token, forms } = await road(signed(), () => ({ ...(date !== undefined && { date }) }))
  await expect(token()).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  expect(forms).toHaveLength(1)
})

test('K7 an offset is forgotten when the clocks agree again', async () => {
  const dates = [now + 600_000, now, now]
  const { token, forms } = await road(signed(), (_, index) => ({ status: 200, date: dates[index] ?? now }))
  for (let i = 0; i < 3; i++) await token()
  expect(forms.map((form) => iatOf(form) - now)).toEqual([0, 600_000, 0])
})

test('K6 a secret has no date, so a clock difference does not cause a repeat', async () => {
  const { token, forms } = await road(clientSecretPost('dead'), () => ({ date: now + 600_000 }))
  await expect(token()).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  expect(forms).toHaveLength(1)
})

test('C46 the repeat has its own jti', async () => {
  const { token, forms } = await road(signed(), (_, index) => ({
    status: index === 0 ? 401 : 200,
    date: now + 600_000
  }))
  await token()
  expect(new Set(forms.map((form) => form.get('client_assertion')))).toHaveProperty('size', 2)
})

test.each([
  [undefined, 'basic'],
  [['none'], 'basic'],
  [['client_secret_post', 'client_secret_basic'], 'basic'],
  [['private_key_jwt', 'client_secret_jwt', 'client_secret_post'], 'post'],
  [['client_secret_jwt'], 'jwt']
])('C4 C53 for a server that lists %j a secret goes by %s', async (authenticationMethods, expected) => {
  const { token, forms } = await road(authenticationBySecret('s'.repeat(32)), () => undefined, {
    authenticationMethods
  })
  await token()
  const [form] = forms
  const used = form?.has('client_secret') ? 'post' : form?.has('client_assertion') ? 'jwt' : 'basic'
  expect(used).toBe(expected)
})

test('C48 a short secret is not made into a key because the server lists nothing else', async () => {
  const authenticationMethods = ['client_secret_jwt']
  const { token, forms } = await road(authenticationBySecret('short'), () => undefined, { authenticationMethods })
  await expect(token()).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  expect(forms).toHaveLength(0)
})

test('C4 a refusal says that the server does not list the method', async () => {
  const { token } = await road(clientSecretPost('s'), () => ({}), {
    authenticationMethods: ['private_key_jwt', 'b\nd']
  })
  await expect(token()).rejects.toThrow('Its metadata lists private_key_jwt, b?d, and client_secret_post was used')
})

test('C4 a refusal of a listed method says nothing of the sort', async () => {
  const { token } = await road(clientSecretPost('s'), () => ({}), { authenticationMethods: ['client_secret_post'] })
  await expect(token()).rejects.toThrow(/^(?!.*metadata)/)
})

test('T52 an endpoint that is gone is looked up again, and asked where it is now', async () => {
  const gone = await rawServer(({ socket }) => void socket.write(http('', [], '404 Not Found')))
  const moved = { tokenEndpoint: `${gone.origin}/token` }
  const { source, forms, server } = await road(clientSecretPost('s'), () => undefined, moved)
  const there = `${server.origin}/token`
  await expect(source.token(request)).rejects.toMatchObject({ code: 'ERR_ENDPOINT_NOT_FOUND' })
  server.found = { ...server.found, tokenEndpoint: there }
  await expect(source.token(request)).resolves.toMatchObject({ value: 'marker-token' })
  expect([gone.requests.length, forms.length]).toEqual([2, 1])
})

test('T52 an endpoint that answers, whatever it says, is not looked up again', async () => {
  const { source, forms, server } = await road(clientSecretPost('s'), () => ({ status: 503 }))
  const elsewhere = await rawServer(({ socket }) => void socket.write(http(JSON.stringify(good()))))
  server.found = { ...server.found, tokenEndpoint: `${elsewhere.origin}/token` }
  await expect(source.token(request)).rejects.toMatchObject({ code: 'ERR_SERVER_ERROR' })
  expect([forms.length, elsewhere.requests.length]).toEqual([1, 0])
})

test('T46 T52 however often the server refuses, one call sends the credential twice at most', async () => {
  const { token, forms } = await road(clientSecretPost(['a', 'b', 'c', 'd']), () => ({ status: 401 }))
  await expect(token()).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  expect(forms).toHaveLength(2)
})
