import type { Dispatcher } from 'undici'
import { limits } from '../../src/limits.ts'
import { outage } from './answers.ts'
import type { Host } from './host.ts'
import { type Ledger, type Sent, sentNow } from './ledger.ts'
import type { OpenExchange } from './server-view.ts'
import { ledgerOf, tokenEndpoint } from './service-state.ts'
import { kindOf } from './shared-view.ts'
import type { Reply } from './simulated-authorization-server.ts'
import type { Proof } from './simulated-nonces.ts'
import { tokenRequested } from './watch-flights.ts'
import { proofRefusal, proofSent, withNonce } from './watch-proofs.ts'
import { exchangeBegins, exchangeEnds } from './watch-server.ts'
import { requestOfFleet } from './watch-store.ts'
import { openWire, type Wire } from './wire.ts'
import type { Service, World } from './world.ts'

/** A token request that has left. */
interface SentRequest {
  readonly ledger: Ledger
  readonly secret: string
  readonly sent: Sent
  readonly proof: Proof | undefined
  /** The server has asked for another proof. */
  wantsProof: boolean
}

/** Replaces undici for a service's token requests. */
export function tokenDispatch(
  world: World,
  service: Service,
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler
): boolean {
  const { line, chance, log } = world
  const { host, name } = service
  const scope = new URLSearchParams(String(options.body)).get('scope') ?? ''
  const ledger = ledgerOf(service, scope)
  const secret = secretIn(options)
  log.write(name, `token request for "${scope}"`)
  world.statistics.tokenRequests += 1
  if (`${options.origin}${options.path}` !== tokenEndpoint) world.violate('I5', name, 'a secret to another URL')
  const isFirstOfFlight = ledger.flightAt === undefined
  tokenRequested(world, service, ledger)
  requestOfFleet(world, service, scope)
  const exchange = exchangeBegins(world, service, ledger, isFirstOfFlight)
  const proof = proofSent(world, service, { options, token: undefined, needsProof: true })
  const request: SentRequest = { ledger, secret, sent: sentNow(host), proof, wantsProof: false }

  ledger.secret = secret
  ledger.inFlight += 1
  const wire = openWire(host, handler, (ending) => {
    ledger.inFlight -= 1
    ledger.endedAt = host.monotonicTime()
    if (request.wantsProof && ending.how === 'whole') sentAgain(service, exchange)
    else exchangeEnds(world, service, exchange, ending)
  })
  line.in(chance.between(0.5, 20), () => requestArrives(world, service, request, wire))
  return true
}

function requestArrives(world: World, service: Service, request: SentRequest, wire: Wire): void {
  const { chance, authorizationServer, log } = world
  const { machine, name } = service
  const { ledger, secret, proof } = request
  const { scope } = ledger
  if (machine.partitioned) {
    world.fire('partition')
    wire.play(chance.happens(0.5) ? outage(chance) : { delay: 0, ending: 'silence' })
    return
  }
  const refused = proofRefusal(world, service, tokenEndpoint, proof)
  if (refused !== undefined) {
    request.wantsProof = true
    log.write('auth', `${name} "${scope}" → another proof`)
    wire.play(refused)
    return
  }
  const tokenType = proof === undefined ? 'Bearer' : 'DPoP'
  const reply = authorizationServer.receive({ client: name, scope, secret, tokenType })
  const { script, issued } = reply
  log.write('auth', `${name} "${scope}" → ${script.status ?? script.ending} ${issued?.value ?? ''}`)
  wire.play(withNonce(world, tokenEndpoint, script), () => answerArrives(world, service, request, reply))
}

/** The client has the whole answer. Returns whether it holds a token. */
function answerArrives(
  world: World,
  service: Service,
  { ledger, sent }: SentRequest,
  { script, issued }: Reply
): boolean {
  if (issued === undefined) return false
  const told = lifeTold(script.body)
  const toldEnd = earliestEnd(service.tokens.get(issued.value)?.toldEnd, told, sent.at)
  const whole = Math.min(toldEnd ?? sent.at + defaultLifetime, sent.at + limits.tokenLife)
  const endsAt = whole - ranAhead(service.host, sent)
  kindOf(world.shared, ledger.scope).grantedAt = world.line.now
  ledger.arrived = { value: issued.value, sent, endsAt, toldEnd, cameAt: world.line.now }
  service.tokens.set(issued.value, ledger.arrived)
  // The client cannot use an answer whose token has ended. What the answer says about the end counts nevertheless.
  const { held } = ledger
  if (held?.value === issued.value && endsAt <= sent.at) ledger.held = { ...held, endsAt, toldEnd }
  return true
}

/** A demand for another proof says nothing about the server. The same attempt goes on with another proof. */
function sentAgain({ server }: Service, exchange: OpenExchange): void {
  const { ledger } = exchange
  server.open.delete(exchange)
  ledger.attempts -= 1
  ledger.goesOn = true
}

/** How far the wall clock ran ahead since then, in milliseconds. It was set forward, or the machine was suspended. */
function ranAhead(host: Host, { clockOffset }: Sent): number {
  const ahead = host.wallTime() - host.monotonicTime() - clockOffset
  return ahead < samePace ? 0 : ahead
}

/** Two clocks that differ by less than this run at the same pace. Milliseconds. */
const samePace = 100

const defaultLifetime = 300_000

/** The library remembers an end that was told before to a tenth of a second. */
const memory = 100

/** A life of 0 says that a token has ended whose end is known. It says nothing about a token whose end is unknown. */
function earliestEnd(known: number | undefined, told: number | undefined, sentAt: number): number | undefined {
  const remembered = known === undefined ? undefined : Math.floor(known / memory) * memory
  if (told === undefined || (told === 0 && known === undefined)) return remembered
  return Math.min(remembered ?? Number.POSITIVE_INFINITY, sentAt + told)
}

function lifeTold(body: readonly string[] = []): number | undefined {
  const { expires_in } = JSON.parse(body.join(''))
  return expires_in === undefined ? undefined : Math.floor(Number(expires_in)) * 1000
}

function secretIn({ headers }: Dispatcher.DispatchOptions): string {
  const { authorization = '' } = headers as Record<string, string>
  const credentials = Buffer.from(authorization.slice('Basic '.length), 'base64').toString()
  return decodeURIComponent(credentials.split(':')[1] ?? '')
}
