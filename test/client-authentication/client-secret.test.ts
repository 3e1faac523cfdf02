import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { clientSecretBasic } from '../../src/client-authentication/client-secret-basic.ts'
import { clientSecretPost } from '../../src/client-authentication/client-secret-post.ts'
import type { ClientSecret } from '../../src/client-authentication/secret-source.ts'
import { TokenClientError } from '../../src/errors.ts'
import { manualClock } from '../../src/testing/index.ts'
import { startDeadline } from '../../src/waiting/deadline.ts'
import { present } from './draft.ts'

async function basic(clientId: string, secret: string, encoding?: 'form' | 'raw'): Promise<string> {
  const { form, headers } = await present(clientSecretBasic(secret, encoding && { encoding }), { clientId })
  expect([...form.keys()]).toEqual(['grant_type'])
  return Buffer.from(headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString()
}

async function post(secret: ClientSecret): Promise<string | null> {
  const { form } = await present(clientSecretPost(secret))
  return form.get('client_secret')
}

test('C2 the example of RFC 6749 App. B is encoded byte for byte in both halves', async () => {
  const encoded = '+%25%26%2B%C2%A3%E2%82%AC'
  expect(await basic(' %&+£€', ' %&+£€')).toBe(`${encoded}:${encoded}`)
})

test.each(['p%: +&~', 'a*b-c.d_e', "!'()", 'é', 'é'])(
  'X9 C2 the secret %j is read back as it was given',
  async (secret) => {
    const [, half = ''] = (await basic('id', secret)).split(':')
    expect(new URLSearchParams(`secret=${half}`).get('secret')).toBe(secret)
  }
)

test('X10 C2 a client id with a colon is not cut off at its colon', async () => {
  expect(await basic('urn:my:service', 's')).toBe('urn%3Amy%3Aservice:s')
})

test('C2 a raw secret is sent as it is, for servers that do not decode', async () => {
  expect(await basic('id', 'a+b/c=', 'raw')).toBe('id:a+b/c=')
})

test('X10 a raw client id with a colon is refused, and the message says what to do', async () => {
  await expect(basic('a:b', 's', 'raw')).rejects.toMatchObject({
    code: 'ERR_CONFLICTING_OPTIONS',
    message: expect.stringContaining('clientSecretPost')
  })
})

test('C1 client_secret_post leaves the Authorization header alone', async () => {
  const { form, headers } = await present(clientSecretPost('s'))
  expect(form.get('client_id')).toBe('order-service')
  expect(headers).toEqual({})
})

test.each([
  ['X2', '', 'empty'],
  ['X2', ' \t ', 'whitespace'],
  ['X8', '\ufeffs3cret', 'byte order mark'],
  ['X8', 's\u00003\u0000c\u0000', 'UTF-16'],
  ['X8', 's3cret\n', 'line break'],
  ['X8', 's3\u0007cret', 'control character'],
  ['X8', 's3\u0085cret', 'control character'],
  ['X8', 's3\ud800cret', 'surrogate'],
  ['X8', 's3\ufffdcret', 'U+FFFD'],
  ['X8', 7 as unknown as string, 'not a source of a secret'],
  ['X8', {} as string, 'not a source of a secret'],
  ['X7', [] as unknown as string, 'empty list'],
  ['X8', ['good', 's3cret\n'] as unknown as string, 'line break'],
  ['X8', undefined as unknown as string, 'missing']
])('%s the secret %j is refused at construction and not shown', async (_, secret, reason) => {
  const shown = (error: unknown) => {
    expect(error).toMatchObject({ name: 'ClientConfigurationError', message: expect.stringContaining(reason) })
    expect(inspect(error)).not.toContain('s3')
    return true
  }
  expect(() => clientSecretBasic(secret)).toThrow(expect.toSatisfy(shown))
  expect(() => clientSecretPost(secret)).toThrow(expect.toSatisfy(shown))
})

test.each<[string, () => string | Promise<string>]>([
  ['at once', () => 'fetched'],
  ['later', async () => 'fetched']
])('Q22 a function may return the secret %s', async (_, secret) => {
  expect(await post(secret)).toBe('fetched')
})

test.each<[string, () => string | Promise<string>]>([
  [
    'throws',
    () => {
      throw new Error('vault is sealed')
    }
  ],
  [
    'rejects',
    async () => {
      throw new Error('vault is sealed')
    }
  ],
  ['gives an empty string', () => ''],
  ['gives a number', () => 7 as unknown as string],
  ['gives a control character', async () => 's3cret\n']
])('Q22 X8 a function that %s is a transient failure, never a crash', async (_, secret) => {
  const failure = await post(secret).catch((error) => error)
  expect(failure).toBeInstanceOf(TokenClientError)
  expect(failure).toMatchObject({ code: 'ERR_SECRET_UNAVAILABLE', transient: true })
  expect(inspect(failure)).not.toContain('s3cret')
})

const wanted = 'Have it return the secret as a string, or a promise of one.'

test.each<[unknown, string]>([
  [undefined, `The clientSecret function returned undefined. ${wanted}`],
  [null, `The clientSecret function returned null. ${wanted}`],
  [7, `The clientSecret function returned a value that is a number, not a string. ${wanted}`],
  ['', `The clientSecret function returned a value that is empty. ${wanted}`],
  ['s3cret\n', `The clientSecret function returned a value that ends with a line break. ${wanted}`],
  [Promise.resolve(), `The clientSecret function returned undefined. ${wanted}`]
])(
  'Q22 X8 a function that returns %j is told of what it returned, and what it should return',
  async (given, message) => {
    await expect(post(() => given as string)).rejects.toMatchObject({ message })
  }
)

test('Q22 a function that fails is not said to have returned anything: its own error is the cause', async () => {
  const cause = Object.assign(new Error('vault is sealed'), { code: 'ECONNREFUSED' })
  await expect(post(() => Promise.reject(cause))).rejects.toMatchObject({
    message: 'The clientSecret function failed: see the cause.',
    cause: { message: 'vault is sealed', code: 'ECONNREFUSED' }
  })
  await expect(post(() => Promise.reject('s3cret'))).rejects.toThrow(/^The clientSecret function failed\.$/)
})

test('X3 if a function fails later, the last good secret stays in use', async () => {
  const answers = ['first', '', 'second']
  const source = () => answers.shift() ?? Promise.reject(new Error('vault is sealed'))
  const authentication = clientSecretPost(source)
  const sent = []
  for (let i = 0; i < 4; i++) {
    const { form, warnings } = await present(authentication)
    sent.push(form.get('client_secret'), ...warnings)
  }
  expect(sent).toEqual(['first', 'first', 'secret_unavailable', 'second', 'second', 'secret_unavailable'])
})

test('X11 no view of the authentication shows its secret', async () => {
  for (const authentication of [
    clientSecretBasic('s3cret'),
    clientSecretPost('s3cret'),
    clientSecretPost(() => 's3cret')
  ]) {
    await present(authentication)
    const views = [
      inspect(authentication, { showHidden: true, depth: null }),
      JSON.stringify(authentication),
      `${authentication}`
    ]
    for (const view of views) expect(view).not.toContain('s3cret')
  }
})

test('an unknown encoding is refused by name', () => {
  expect(() => clientSecretBasic('s', { encoding: 'base64' as 'raw' })).toThrow(/^encoding must be one of form, raw\./)
})

test('W20 options in a Map are refused, because none of them would be read', () => {
  const options = new Map([['clientIdInForm', true]]) as object
  expect(() => clientSecretBasic('s', options)).toThrow(
    'clientSecretBasic options must be an object, but is an iterable'
  )
})

test('W20 the id stands in the form once for each secret that is tried', async () => {
  const ring = clientSecretBasic(['one', 'two'], { clientIdInForm: true })
  const { form, proof } = await present(ring)
  expect(await proof.refused()).toBe(true)
  expect([form.getAll('client_id'), (await present(ring)).form.getAll('client_id')]).toEqual([
    ['order-service'],
    ['order-service']
  ])
})

test.each(['form', 'raw'] as const)(
  'W20 beside Basic in the encoding %s the client id stands in the form on demand',
  async (encoding) => {
    const both = await present(clientSecretBasic('s', { encoding, clientIdInForm: true }), { clientId: 'orders' })
    expect(both.form.get('client_id')).toBe('orders')
    expect(both.headers.authorization).toBe(`Basic ${btoa('orders:s')}`)
    expect(both.form.has('client_secret')).toBe(false)
    expect((await present(clientSecretBasic('s', { encoding }))).form.has('client_id')).toBe(false)
  }
)

test('requests that need the secret together call its function once; nobody joins a call that is a second old', async () => {
  const clock = manualClock()
  const given: ((secret: string) => void)[] = []
  const method = clientSecretPost(() => new Promise<string>((resolve) => given.push(resolve)))
  const ask = () => {
    const deadline = startDeadline({ clock, timeout: 5000, timedOut: () => new Error('too slow'), signals: [] })
    return present(method, { deadline }).then(({ form }) => form.get('client_secret'))
  }
  const together = [ask(), ask()]
  await clock.advance(1000)
  const later = ask()
  await clock.advance(0)
  expect(given).toHaveLength(2)
  given[1]?.('second')
  expect(await later).toBe('second')
  given[0]?.('first')
  expect(await Promise.all(together)).toEqual(['first', 'first'])
  const next = ask()
  await clock.advance(0)
  expect(given).toHaveLength(3) // what has been called once is called again for the next request
  given[2]?.('third')
  expect(await next).toBe('third')
})
