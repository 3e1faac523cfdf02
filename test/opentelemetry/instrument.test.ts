import { tracingChannel } from 'node:diagnostics_channel'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { TokenClient } from '../../src/index.ts'
import { instrument } from '../../src/opentelemetry/index.ts'
import { documented } from '../house/documented.ts'
import { listen, next, road } from '../support/road.ts'

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

interface Seen {
  /** Metric → its points, by their attributes. */
  metrics(): Promise<Record<string, readonly Point[]>>
  readonly spans: InMemorySpanExporter
  readonly stop: () => void
  readonly tracerProvider: BasicTracerProvider
}

interface Point {
  readonly attributes: Record<string, unknown>
  readonly value: unknown
}

/** An instrumented client, with the real SDK behind it. */
function observed(tokens: TokenClient): Seen {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const spans = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const { stop } = instrument(tokens, { name: 'users-api', meterProvider, tracerProvider })
  onTestFinished(async () => {
    stop()
    await meterProvider.shutdown()
    await tracerProvider.shutdown()
  })
  return {
    spans,
    stop,
    tracerProvider,
    async metrics() {
      exporter.reset()
      await reader.forceFlush()
      const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      return Object.fromEntries(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints as Point[]]))
    }
  }
}

/** The sum over all points: of a histogram, how many were recorded. */
function total(points: readonly Point[] = []): number {
  return points
    .map(({ value }) => (typeof value === 'number' ? value : (value as { count: number }).count))
    .reduce((sum, one) => sum + one, 0)
}

test('what the metrics count is what the servers counted, through an outage, a rotation and refusals', async () => {
  const { tokens, server, clock } = await road({ scope: ['read_user'] })
  const { metrics } = observed(tokens)
  let refusals = 0
  const users = await listen((_, response) => {
    refusals += 1
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
  })
  const call = tokens.createFetch({ origins: [users] })

  await tokens.ready()
  const refused = call(users)
  await clock.advance(2000) // the second attempt waits until a second has passed since the last token request
  expect((await refused).status).toBe(401)
  server.faults.answer({ status: 503 })
  const failed = tokens.getToken({ scope: ['write_user'] }).catch(() => {})
  await clock.advance(10 * 3_600_000)
  await failed
  server.faults.clear()
  server.faults.alter({ status: 401, members: { error: 'invalid_client' } }, { requests: 2 })
  await clock.advance(3 * 3_600_000)
  await tokens.getToken()

  const seen = await metrics()
  expect(server.requests.count('token')).toBeGreaterThan(8)
  expect(total(seen['service_token.client.requests.sent'])).toBe(server.requests.count('token'))
  expect(refusals).toBe(2)
  expect(total(seen['service_token.client.rejections'])).toBe(2) // one for each token that was refused
})

test('requests that reached the server are counted one by one', async () => {
  const { tokens, server, clock } = await road()
  const { metrics } = observed(tokens)
  server.faults.answer({ status: 503 }, { requests: 2 })
  const first = tokens.getToken()
  await clock.advance(9_000)
  await first
  for (const scope of ['read_user', 'write_user']) await tokens.getToken({ scope })
  const seen = await metrics()
  expect(seen['service_token.client.requests.sent']).toEqual([
    expect.objectContaining({
      value: server.requests.count('token'),
      attributes: {
        'service_token.client.name': 'users-api',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(server.issuer).port)
      }
    })
  ])
})

test('a duration is recorded for each token request, by reason and by the code of its failure', async () => {
  const { tokens, server, clock } = await road()
  const { metrics } = observed(tokens)
  await tokens.getToken()
  server.faults.answer({ status: 400, body: { error: 'unauthorized_client' } }, { requests: 1 })
  const failure = next(tokens, 'refresh-failed')
  tokens.invalidate(await tokens.getToken())
  await clock.advance(2000)
  await failure
  const points = (await metrics())['service_token.client.request.duration'] ?? []
  const told = points.map(({ attributes }) => [
    attributes['service_token.request.reason'],
    attributes['service_token.token.origin'],
    attributes['error.type']
  ])
  expect(told).toContainEqual(['first', 'endpoint', undefined])
  expect(told).toContainEqual(['rejected', undefined, 'ERR_UNAUTHORIZED_CLIENT'])
})

test('a request that was turned away before anybody was asked has no duration', async () => {
  const { tokens, server, clock } = await road()
  const { metrics } = observed(tokens)
  const attempts: (number | undefined)[] = []
  const requests = tracingChannel('service-token-client.request')
  const noted = { asyncEnd: (message: object) => attempts.push((message as { attempts?: number }).attempts) }
  requests.subscribe(noted as never)
  onTestFinished(() => void requests.unsubscribe(noted as never))
  server.faults.answer({ status: 503 })
  const asked = [tokens.getToken({ scope: 'read_user' }).catch(() => {})]
  await clock.advance(12_000)
  for (const scope of ['write_user', 'admin']) asked.push(tokens.getToken({ scope }).catch(() => {}))
  await clock.advance(12_000)
  await tokens.close()
  await Promise.all(asked)
  await expect.poll(() => attempts.includes(0)).toBe(true)
  expect(total((await metrics())['service_token.client.request.duration'])).toBe(attempts.filter((one) => one).length)
})

test('the life that is left, the states and the next attempt are those of health()', async () => {
  const { tokens, server, clock } = await road()
  const { metrics } = observed(tokens)
  await tokens.ready()
  await clock.advance(3_600_000)
  const well = await metrics()
  expect(total(well['service_token.client.token.remaining_life'])).toBeCloseTo(11 * 3600, -1)
  expect(total(well['service_token.client.next_attempt'])).toBe(0)
  const states = (points: readonly Point[] = []) =>
    Object.fromEntries(points.map(({ attributes, value }) => [attributes['service_token.token.state'], value]))
  expect(states(well['service_token.client.tokens'])).toEqual({ fresh: 1, stale: 0, warming: 0, failed: 0 })

  server.faults.answer({ status: 400, body: { error: 'unauthorized_client' } })
  await clock.advance(12 * 3_600_000)
  await expect(tokens.getToken()).rejects.toThrow()
  const ill = await metrics()
  expect(states(ill['service_token.client.tokens'])).toEqual({ fresh: 0, stale: 0, warming: 0, failed: 1 })
  expect(total(ill['service_token.client.token.remaining_life'])).toBe(0)
  expect(total(ill['service_token.client.next_attempt'])).toBeGreaterThan(0)
})

test('a warning is counted by its code', async () => {
  const { tokens, server } = await road()
  const { metrics } = observed(tokens)
  server.faults.alter({ members: { token_type: undefined } }, { requests: 1 })
  await tokens.getToken()
  await Promise.resolve()
  expect((await metrics())['service_token.client.warnings']).toEqual([
    expect.objectContaining({
      attributes: { 'service_token.client.name': 'users-api', 'service_token.warning.code': 'token_type_missing' },
      value: 1
    })
  ])
})

test('a token request is a client span of its own trace, with a link to the caller that started it', async () => {
  const { tokens, server } = await road()
  const { spans, tracerProvider } = observed(tokens)
  const caller = tracerProvider.getTracer('test').startSpan('GET /orders')
  await context.with(trace.setSpan(context.active(), caller), () => tokens.getToken())
  const [span] = spans.getFinishedSpans()
  expect(span).toMatchObject({
    name: 'service_token.request',
    kind: 2,
    status: { code: 0 },
    parentSpanContext: undefined
  })
  expect(span?.links.map((link) => link.context.spanId)).toEqual([caller.spanContext().spanId])
  expect(span?.spanContext().traceId).not.toBe(caller.spanContext().traceId)
  expect(span?.attributes).toEqual({
    'service_token.client.name': 'users-api',
    'service_token.request.reason': 'first',
    'service_token.request.attempts': 1,
    'service_token.token.serial': 1,
    'service_token.token.origin': 'endpoint',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(server.issuer).port)
  })
})

test('a failed request is a span with the code of the failure', async () => {
  const { tokens } = await road({ clientSecret: 'marker-wrong' })
  const { spans } = observed(tokens)
  await expect(tokens.getToken()).rejects.toThrow()
  expect(spans.getFinishedSpans()).toMatchObject([
    { status: { code: 2 }, attributes: { 'error.type': 'ERR_INVALID_CLIENT' } }
  ])
})

test('another client is not counted, and after stop() nothing is', async () => {
  const { tokens } = await road()
  const stranger = await road()
  const { metrics, spans, stop } = observed(tokens)
  await stranger.tokens.getToken()
  expect(total((await metrics())['service_token.client.requests.sent'])).toBe(0)
  stop()
  stop()
  await tokens.getToken()
  expect((await metrics())['service_token.client.request.duration']).toBeUndefined()
  expect(spans.getFinishedSpans()).toEqual([])
})

test('no attribute holds a token, a secret, or a text that a caller or a server chose', async () => {
  const { tokens, server } = await road()
  const { metrics, spans } = observed(tokens)
  const { value } = await tokens.getToken({ parameters: { tenant: 'marker-tenant' } })
  server.faults.answer(
    { status: 400, body: { error: 'marker-word', error_description: 'marker-text' } },
    { requests: 1 }
  )
  await expect(tokens.getToken({ scope: 'marker-scope', audience: 'marker-audience' })).rejects.toThrow()
  const users = await listen((_, response) => {
    response.writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="marker-needed"' }).end()
  })
  await tokens.createFetch({ origins: [users] })(`${users}/marker-path`)
  const text = JSON.stringify([
    await metrics(),
    spans.getFinishedSpans().map(({ attributes, name }) => [name, attributes])
  ])
  expect(text).toContain('service_token.client.rejections')
  expect(text).not.toContain(value)
  expect(text).not.toContain('marker-')
})

test.each([
  [{}, { name: 'a' }, 'instrument needs a token client'],
  [undefined, { name: 'a' }, 'instrument needs a token client']
])('instrument(%j) says what it wants', (tokens, options, message) => {
  expect(() => instrument(tokens as never, options)).toThrow(message)
})

test.each([
  [undefined, 'instrument options must be an object'],
  [{}, 'instrument options.name is missing'],
  [{ name: '' }, 'instrument options.name is empty'],
  [{ name: 'a', meter: 1 }, 'instrument options.meter is not an option']
])('options %j are refused by name', async (options, message) => {
  const { tokens } = await road()
  expect(() => instrument(tokens, options as never)).toThrow(message)
})

test('docs/telemetry.md names every metric and no other', async () => {
  const { tokens, server } = await road()
  const { metrics } = observed(tokens)
  server.faults.alter({ members: { token_type: undefined } }, { requests: 1 })
  const users = await listen((_, response) =>
    response.writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }).end()
  )
  await tokens.createFetch({ origins: [users] })(users)
  expect(documented('docs/telemetry.md', 'Metrics').toSorted()).toEqual(Object.keys(await metrics()).toSorted())
})
