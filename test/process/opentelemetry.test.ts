import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { listen } from '../support/road.ts'
import { runModule } from './child.ts'

let built: BuiltPackage

beforeAll(async () => {
  built = await buildPackage()
}, 60_000)

afterAll(() => built[Symbol.asyncDispose]())

test.each([
  ['nobody has loaded', ''],
  ['the program has imported', "import 'node:http'"]
])("OpenTelemetry's instrumentation of http, which %s, makes the client span of a token request", async (_, before) => {
  const endpoint = await listen((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ access_token: String(request.headers.traceparent), token_type: 'Bearer', expires_in: 60 })
    )
  })
  const code = `
    import { registerInstrumentations } from '@opentelemetry/instrumentation'
    import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
    import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
    ${before}
    const exporter = new InMemorySpanExporter()
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    registerInstrumentations({ instrumentations: [new HttpInstrumentation()], tracerProvider })
    const { createTokenClient } = await import('service-token-client')
    const tokens = createTokenClient({ tokenEndpoint: '${endpoint}/token', clientId: 'c', clientSecret: 'marker' })
    await tokens.getToken()
    await new Promise((resolve) => setImmediate(resolve))
    const spans = exporter.getFinishedSpans().map(({ kind, name, status, attributes }) => ({
      kind, name, status, answered: attributes['http.response.status_code'] ?? attributes['http.status_code']
    }))
    console.log(JSON.stringify(spans), JSON.stringify(exporter.getFinishedSpans().map(({ attributes }) => attributes)).includes('marker'))
  `
  const { output } = await runModule(built.folder, code).ended
  expect(output).toBe('[{"kind":2,"name":"POST","status":{"code":0},"answered":200}] false\n')
})
