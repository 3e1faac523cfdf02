import { expect, onTestFinished, test, vi } from 'vitest'
import { createTokenClient } from '../../src/index.ts'

const registered = Symbol.for('undici.globalDispatcher.1')

/** What the process is warned of when an interceptor is made there. */
function warningsOn(versions: Readonly<Record<string, string>>): unknown[] {
  const { versions: own } = process
  Object.defineProperty(process, 'versions', { value: { ...own, ...versions }, configurable: true })
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => {
    Object.defineProperty(process, 'versions', { value: own, configurable: true })
    warn.mockRestore()
  })
  createTokenClient({
    tokenEndpoint: 'https://auth.internal/token',
    clientId: 'orders',
    clientSecret: 's'
  }).interceptor({
    origins: ['https://users.internal']
  })
  return warn.mock.calls.map(([message]) => message)
}

test("W32 on Bun's own undici the process says what works, before `compose` is called that is not there", () => {
  expect(warningsOn({ bun: '1.4.5' })).toEqual([expect.stringContaining("from 'undici/index.js', or use createFetch.")])
})

test('W32 with the undici of npm there is nothing to say on Bun', () => {
  Object.defineProperty(globalThis, registered, { value: {}, configurable: true })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, registered))
  expect(warningsOn({ bun: '1.4.5' })).toEqual([])
})

test('W32 on Node there is nothing to say', () => {
  expect(warningsOn({})).toEqual([])
})
