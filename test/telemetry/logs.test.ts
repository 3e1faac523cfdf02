import { Writable } from 'node:stream'
import pino from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { logToConsole } from '../../examples/logging/console.ts'
import { logWithPino } from '../../examples/logging/pino.ts'
import type { TokenClient } from '../../src/index.ts'
import { road } from '../support/road.ts'

type Start = (tokens: TokenClient) => string[]

const recipes: readonly (readonly [string, Start])[] = [
  [
    'pino',
    (tokens) => {
      const lines: string[] = []
      const out = new Writable({
        write(chunk, _, written) {
          lines.push(String(chunk))
          written()
        }
      })
      logWithPino(tokens, pino(out))
      return lines
    }
  ],
  [
    'console',
    (tokens) => {
      const lines: string[] = []
      for (const level of ['info', 'warn'] as const) {
        const spy = vi.spyOn(console, level).mockImplementation((line) => void lines.push(line))
        onTestFinished(() => spy.mockRestore())
      }
      logToConsole(tokens)
      return lines
    }
  ]
]

describe.each(recipes)('the recipe for %s', (_, start) => {
  test('logs each event as one line of JSON with what matters, and no token and no secret', async () => {
    const { tokens, server, clock } = await road({ scope: ['read_user'] })
    const lines = start(tokens)
    await tokens.ready()
    const { value } = await tokens.getToken()
    server.faults.answer({ status: 400, body: { error: 'unauthorized_client' } })
    await clock.advance(11 * 3_600_000)
    expect(lines.length).toBeGreaterThanOrEqual(2)
    const [first, failed] = lines.map((line) => JSON.parse(line))
    expect(first).toMatchObject({ serial: 1, reason: 'first', origin: 'endpoint', scope: ['read_user'] })
    expect(JSON.stringify(failed)).toContain('ERR_UNAUTHORIZED_CLIENT')
    expect(JSON.stringify(failed)).toContain('may not use')
    expect(lines.join()).not.toContain(value)
    expect(lines.join()).not.toContain('marker-secret')
  })
})
