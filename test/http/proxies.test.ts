import { inspect } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { checkedProxy } from '../../src/http/proxies.ts'

const names = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
  'NODE_OPTIONS'
]

/** This environment and no other, for one test. */
function environment(variables: Readonly<Record<string, string>>): void {
  for (const name of names) vi.stubEnv(name, variables[name])
  onTestFinished(() => void vi.unstubAllEnvs())
}

function chosen(given: unknown, url: string): string | undefined {
  return checkedProxy('proxy', given)?.(new URL(url))?.host
}

const both = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' }

test.each<[string, Readonly<Record<string, string>>, string, string | undefined]>([
  ['https by HTTPS_PROXY', both, 'https://auth.internal', 'secure:2'],
  ['http by HTTP_PROXY', both, 'http://auth.internal', 'plain:1'],
  ['https by HTTP_PROXY alone', { HTTP_PROXY: 'http://plain:1' }, 'https://auth.internal', 'plain:1'],
  ['http by HTTPS_PROXY alone', { HTTPS_PROXY: 'http://secure:2' }, 'http://auth.internal', undefined],
  ['small letters first', { ...both, https_proxy: 'https://small:3' }, 'https://auth.internal', 'small:3'],
  ['an empty variable', { HTTPS_PROXY: '' }, 'https://auth.internal', undefined],
  ['an empty one in small letters', { ...both, https_proxy: '', http_proxy: '' }, 'https://auth.internal', undefined],
  ['nothing', {}, 'https://auth.internal', undefined]
])('W21 the environment chooses the proxy: %s', (_, variables, url, expected) => {
  environment(variables)
  expect(chosen('environment', url)).toBe(expected)
})

test.each<[string, string, boolean]>([
  ['auth.internal', 'https://auth.internal', true],
  ['AUTH.internal', 'https://auth.INTERNAL', true],
  ['auth.internal', 'https://eu.auth.internal', true],
  ['auth.internal', 'https://myauth.internal', false],
  ['.internal', 'https://auth.internal', true],
  ['*.internal', 'https://auth.internal', true],
  ['.internal', 'https://auth.internal.evil', false],
  ['auth.internal', 'https://auth.internal.', true],
  ['auth.internal.:443', 'https://auth.internal', true],
  ['*:8443', 'https://auth.internal:8443', true],
  ['*:8443', 'https://auth.internal', false],
  ['*', 'https://auth.internal', true],
  ['other, auth.internal other2', 'https://auth.internal', true],
  ['other auth.internal', 'https://auth.internal', true],
  ['auth.internal:443', 'https://auth.internal', true],
  ['auth.internal:443', 'https://auth.internal:8443', false],
  ['auth.internal:8443', 'https://auth.internal:8443', true],
  ['auth.internal:80', 'http://auth.internal', true],
  ['10.1.2.3', 'https://10.1.2.3', true],
  ['10.1.2', 'https://10.1.2.3', false],
  ['[fd00::1]', 'https://[fd00::1]', true],
  ['fd00::1', 'https://[fd00::1]:8443', true],
  ['[fd00::1]:443', 'https://[fd00::1]:8443', false],
  ['', 'https://auth.internal', false],
  [' , ', 'https://auth.internal', false]
])('W21 NO_PROXY=%s for %s', (list, url, exempt) => {
  environment({ ...both, NO_PROXY: list })
  expect(chosen('environment', url) === undefined).toBe(exempt)
})

test('W21 no_proxy in small letters comes first', () => {
  environment({ ...both, NO_PROXY: '*', no_proxy: 'other' })
  expect(chosen('environment', 'https://auth.internal')).toBe('secure:2')
})

test('W21 a proxy that is given takes everything, whatever the environment says', () => {
  environment({ ...both, NO_PROXY: '*' })
  expect(chosen(new URL('http://own:7'), 'https://auth.internal')).toBe('own:7')
})

test('W21 what is in clear because it stays on this machine does not leave it for a proxy', () => {
  environment({ HTTP_PROXY: 'http://plain:1' })
  expect(chosen('environment', 'http://localhost:8080')).toBeUndefined()
  expect(chosen('environment', 'https://localhost:8080')).toBe('plain:1')
  expect(chosen(new URL('http://127.0.0.1:3128'), 'http://localhost:8080')).toBe('127.0.0.1:3128')
})

test.each<[string, Readonly<Record<string, string>>, readonly string[], boolean]>([
  ['no sign', {}, [], false],
  ['NODE_USE_ENV_PROXY=1', { NODE_USE_ENV_PROXY: '1' }, [], true],
  ['NODE_USE_ENV_PROXY=0', { NODE_USE_ENV_PROXY: '0' }, [], false],
  ['--use-env-proxy', {}, ['--use-env-proxy'], true],
  ['--use-env-proxy in NODE_OPTIONS', { NODE_OPTIONS: '--no-warnings --use-env-proxy' }, [], true]
])("W21 without the option, the environment counts as for Node's own fetch: %s", (_, variables, flags, counts) => {
  environment({ ...both, ...variables })
  process.execArgv.push(...flags)
  onTestFinished(() => void process.execArgv.splice(process.execArgv.length - flags.length))
  expect(chosen(undefined, 'https://auth.internal')).toBe(counts ? 'secure:2' : undefined)
})

test.each<[string, unknown, string]>([
  ['text', 'http://marker:1', "proxy must be a URL or 'environment', but is a string"],
  ['false', false, "proxy must be a URL or 'environment', but is a boolean"],
  ['an object', { host: 'marker' }, "proxy must be a URL or 'environment', but is an object"],
  ['another protocol', new URL('socks5://marker:1'), 'proxy is not the URL of an HTTP proxy'],
  ['a path', new URL('http://marker:1/pac'), 'proxy is not the URL of an HTTP proxy'],
  ['a query', new URL('http://marker:1/?a'), 'proxy is not the URL of an HTTP proxy'],
  ['a password with a bare %', new URL('http://user:mark%er@host:1'), 'proxy has a user name or password that is not']
])('W21 proxy: %s is refused, and not shown', (_, given, message) => {
  refused(given, message)
})

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['no protocol', { HTTPS_PROXY: 'marker:3128' }, 'The environment variable HTTPS_PROXY is not the URL'],
  ['another protocol', { http_proxy: 'socks5://marker:1' }, 'The environment variable http_proxy is not the URL'],
  ['no URL', { HTTPS_PROXY: 'http://' }, 'The environment variable HTTPS_PROXY is not the URL']
])('W21 a variable with %s is named, and its value is not shown', (_, variables, message) => {
  environment({ ...variables, NODE_USE_ENV_PROXY: '1' })
  refused('environment', message)
  refused(undefined, message)
})

function refused(given: unknown, message: string): void {
  try {
    checkedProxy('proxy', given)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(message) })
    expect(inspect(error, { showHidden: true })).not.toContain('mark')
  }
}
