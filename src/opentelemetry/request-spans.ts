import { context, type Link, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { RequestTrace } from '../telemetry/request-channel.ts'
import type { Instrumented } from './instrumented.ts'
import { addressAttributes, onRequests } from './request-messages.ts'

/**
 * A client span for each token request. It serves many callers, so it is the child of none: it has a trace of its own, and a link to the span of the
 * caller that started it.
 */
export function traceRequests({ telemetry, name }: Instrumented, tracer: Tracer): () => void {
  const spans = new WeakMap<RequestTrace, Span>()
  const common = { 'service_token.client.name': name, ...addressAttributes(telemetry.server) }
  return onRequests(telemetry.client, {
    started(request) {
      const attributes = { ...common, 'service_token.request.reason': request.reason }
      const options = { kind: SpanKind.CLIENT, root: true, links: linkToCaller(), attributes }
      spans.set(request, tracer.startSpan('service_token.request', options))
    },
    ended(request) {
      const span = spans.get(request)
      if (span === undefined) return
      const { code, attempts = 0, serial, origin } = request
      span.setAttribute('service_token.request.attempts', attempts)
      if (serial !== undefined) span.setAttribute('service_token.token.serial', serial)
      if (origin !== undefined) span.setAttribute('service_token.token.origin', origin)
      if (code !== undefined) span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    }
  })
}

function linkToCaller(): Link[] {
  const caller = trace.getSpanContext(context.active())
  return caller === undefined ? [] : [{ context: caller }]
}
