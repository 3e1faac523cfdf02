import type { Dispatcher } from 'undici'
import { outage } from './answers.ts'
import { beginCall, endCall, judgeError } from './calls.ts'
import { defaultScope, ledgerOf, refuses } from './service-state.ts'
import type { Proof } from './simulated-nonces.ts'
import { resourceOrigins } from './simulated-resource-server.ts'
import { marker } from './verdict.ts'
import { type Beginning, callBegins, callServed } from './watch-origins.ts'
import { proofRefusal, proofSent, withNonce } from './watch-proofs.ts'
import { tokenSent } from './watch-tokens.ts'
import { openWire, type Wire } from './wire.ts'
import type { Call, Machine, Service, World } from './world.ts'

export type Body = 'none' | 'text' | 'iterable' | 'stream'

export interface RequestCall {
  readonly origin: string
  readonly body: Body
  /** The caller sets an `Authorization` of its own. */
  readonly own: boolean
  readonly abortIn?: number | undefined
}

/** One of the requests that were sent for a caller's request. */
interface Attempt {
  readonly token: string | undefined
  /** The server answered without reading the body, which can be read only once. */
  readonly unread: boolean
  status: number | undefined
  /** The server has asked for another proof with the same token. */
  wantsProof: boolean
}

interface Tracked {
  readonly call: Call
  readonly request: RequestCall
  readonly beginning: Beginning
  readonly attempts: Attempt[]
}

/** No resource server takes longer than this here. Milliseconds. */
export const slowestAnswer = 5000
const waitForReplacement = 3000
const ownAuthorization = 'Basic bWluZQ=='

/** Sends one request through undici with the interceptor. The result is its status, or undefined if it fails. */
export function callResource(world: World, { service }: Machine, request: RequestCall): Promise<number | undefined> {
  const { host } = service
  const limit = 2 * (world.settings.timeout + slowestAnswer) + waitForReplacement
  const call = beginCall(world, service, { what: `${request.body} to ${request.origin}`, limit })
  const beginning = callBegins(world, service, ledgerOf(service, defaultScope), request.origin)
  const tracked: Tracked = { call, request, beginning, attempts: [] }
  let control: Dispatcher.DispatchController | undefined
  let status: number | undefined

  return new Promise((resolve) => {
    const end = (outcome: string, result?: number) => {
      endCall(world, call, outcome)
      resolve(result)
    }
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        control = controller
      },
      onResponseStart(_controller, code) {
        if (status !== undefined) world.violate('I7', service.name, 'two answers to one request')
        status = code
      },
      onResponseData() {},
      onResponseEnd() {
        judgeProofs(world, tracked)
        end(`status ${status}`, status)
      },
      onResponseError(_controller, error) {
        judgeError(world, call, error)
        end((error as NodeJS.ErrnoException).code ?? error.name)
      }
    }
    service.request(optionsOf(request, tracked), handler)
    if (request.abortIn !== undefined) host.later(request.abortIn, abort)
  })

  function abort(): void {
    if (!service.waiting.has(call) || control === undefined) return
    world.fire('abort')
    call.aborted = true
    control.abort(new Error('The caller left.'))
  }
}

/** undici's options, and what the simulation knows of the request. */
type TrackedOptions = Dispatcher.DispatchOptions & { readonly tracked: Tracked }

function optionsOf({ origin, body, own }: RequestCall, tracked: Tracked): TrackedOptions {
  return {
    origin,
    path: '/users/42?fields=name',
    method: body === 'none' ? 'GET' : 'POST',
    headers: own ? { Authorization: ownAuthorization } : ['accept', '*/*'],
    body: bodyOf(body) as never,
    tracked
  }
}

const content = ['one ', 'body']

function bodyOf(body: Body): unknown {
  if (body === 'none') return undefined
  if (body === 'text') return content.join('')
  if (body === 'iterable') return parts()
  return { pipe() {}, on() {}, destroy() {}, [Symbol.asyncIterator]: parts }
}

async function* parts(): AsyncGenerator<string> {
  yield* content
}

/** Replaces undici behind the interceptor. */
export function resourceDispatch(
  world: World,
  service: Service,
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler
): boolean {
  const { line, chance } = world
  const { tracked } = options as TrackedOptions
  const unread = tracked.request.body === 'iterable' && chance.happens(0.2)
  const attempt: Attempt = { token: tokenIn(options), unread, status: undefined, wantsProof: false }
  judgeAttempt(world, service, tracked, attempt)
  const proof = proofSent(world, service, { options, token: attempt.token, needsProof: attempt.token !== undefined })
  tracked.attempts.push(attempt)
  if (!unread) void read(world, service, tracked, options.body)

  const wire = openWire(service.host, handler, () => {})
  tracked.call.onWire = () => wire.isOpen
  const arriving = { origin: tracked.request.origin, attempt, proof }
  line.in(chance.between(0.5, 20), () => requestArrives(world, service, arriving, wire))
  return true
}

interface Arriving {
  readonly origin: string
  readonly attempt: Attempt
  readonly proof: Proof | undefined
}

function requestArrives(world: World, service: Service, { origin, attempt, proof }: Arriving, wire: Wire): void {
  const { chance, resourceServers, log } = world
  const { host, machine, name } = service
  if (machine.partitioned) {
    world.fire('partition')
    wire.play(outage(chance))
    return
  }
  const refused = proofRefusal(world, service, origin, proof)
  if (refused !== undefined) {
    attempt.wantsProof = true
    log.write('resource', `${name} ${origin} → another proof`)
    wire.play(refused)
    return
  }
  const script = (resourceServers.get(origin) ?? chance.pick([...resourceServers.values()])).receive(attempt.token)
  attempt.status = script.status
  if (script.status === 401) service.lingering.push(host.monotonicTime() + script.delay + waitForReplacement)
  const serial = service.serials.get(attempt.token ?? '')
  // The service learns of the refusal when the head of the answer comes.
  if (script.status === 401 && serial !== undefined)
    host.later(script.delay, () => wire.isOpen && refuses(world, service, serial, origin))
  log.write('resource', `${name} ${origin} serial ${serial} → ${script.status ?? script.ending}`)
  wire.play(withNonce(world, origin, script, proof !== undefined))
}

function takesToken({ origin, own }: RequestCall): boolean {
  return !own && resourceOrigins.some((known) => known === origin)
}

function tokenIn({ headers }: Dispatcher.DispatchOptions): string | undefined {
  const text = JSON.stringify(headers)
  return new RegExp(`"(?:Bearer|DPoP) (${marker}[^"]*)"`).exec(text)?.[1]
}

/** Checks I5 and I12, and the token of the attempt. */
function judgeAttempt(
  world: World,
  service: Service,
  { request, beginning, attempts }: Tracked,
  { token }: Attempt
): void {
  const { name } = service
  const entitled = takesToken(request)
  if (entitled && token === undefined) world.violate('I5', name, 'a request without the token that it needs')
  if (!entitled && token !== undefined) world.violate('I5', name, `a token to ${request.origin}`)
  const last = attempts.at(-1)
  // A token that is sent again with another proof was judged before. A newer token may have come since, so it is not judged again.
  if (token !== undefined && last?.wantsProof !== true) tokenSent(world, service, token)
  if (last === undefined) {
    if (entitled) callServed(world, service, beginning)
    return
  }
  if (!canBeSentAgain(request, attempts)) world.violate('I12', name, `a ${request.body} body sent again`)
  if (last.wantsProof) {
    if (last.token !== token) world.violate('I19', name, 'another token where another proof was asked for')
    return
  }
  const [first = last, second] = attempts.filter(({ wantsProof }) => !wantsProof)
  if (second !== undefined) world.violate('I12', name, 'a third attempt')
  if (first.status !== 401) world.violate('I12', name, `a second attempt after ${first.status}`)
  if (first.token === token) world.violate('I12', name, 'the same token again')
}

/** A body that can be read only once is kept as soon as a server has read it. */
function canBeSentAgain({ body }: RequestCall, attempts: readonly Attempt[]): boolean {
  return body !== 'stream' && attempts.some(({ unread }) => !unread)
}

const mostOtherProofs = 3

/** I19: a caller sees a demand for another proof only if the request cannot be sent again. */
function judgeProofs(world: World, { call, request, attempts }: Tracked): void {
  const last = attempts.at(-1)
  const tries = attempts.filter(({ wantsProof }) => wantsProof).length
  if (last?.wantsProof && canBeSentAgain(request, attempts) && !call.aborted && tries <= mostOtherProofs)
    world.violate('I19', call.service.name, 'a demand for another proof has failed a call')
}

async function read(world: World, service: Service, { request, attempts }: Tracked, body: unknown): Promise<void> {
  let text = ''
  if (typeof body === 'string') text = body
  else if (body !== undefined && body !== null) for await (const part of body as AsyncIterable<string>) text += part
  const expected = request.body === 'none' ? '' : content.join('')
  if (text !== expected)
    world.violate('I12', service.name, `attempt ${attempts.length} of a ${request.body} has half a body`)
}
