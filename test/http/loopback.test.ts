import { expect, test } from 'vitest'
import { isLoopback } from '../../src/http/loopback.ts'

test.each([
  'http://localhost',
  'http://LOCALHOST:8080/a',
  'http://127.0.0.1',
  'http://127.255.255.254:1',
  'http://127.1',
  'http://0x7f.0.0.1',
  'http://[::1]:3000',
  'http://[0:0:0:0:0:0:0:1]'
])('D23 %s is loopback', (url) => {
  expect(isLoopback(new URL(url))).toBe(true)
})

test.each([
  'http://localhost.evil.com',
  'http://localhost.',
  'http://127.0.0.1.nip.io',
  'http://0.0.0.0',
  'http://[::ffff:127.0.0.1]',
  'http://[::]',
  'http://[::1:1]',
  'http://128.0.0.1',
  'http://10.127.0.1',
  'http://localhost@evil.com',
  'http://xlocalhost',
  'http://example.com'
])('D23 %s is not loopback', (url) => {
  expect(isLoopback(new URL(url))).toBe(false)
})
