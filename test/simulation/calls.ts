import { inspect } from 'node:util'
import { TokenClientError } from '../../src/errors.ts'
import type { AccessToken, GetTokenOptions } from '../../src/index.ts'
import { defaultScope, ledgerOf } from './service-state.ts'
import { marker } from './verdict.ts'
import { judgeEnd } from './watch-ends.ts'
import { callBegins, callServed } from './watch-origins.ts'
import { tokenGiven, tokenWanting } from './watch-tokens.ts'
import type { Call, Machine, Service, World } from './world.ts'

export interface CallOptions {
  readonly what: string
  readonly scope?: string | undefined
  /** Milliseconds. */
  readonly limit: number
}

export function beginCall(world: World, service: Service, { what, scope, limit }: CallOptions): Call {
  const deadline = service.host.monotonicTime() + limit
  const call = {
    service,
    what,
    scope: scope ?? defaultScope,
    deadline,
    limit,
    aborted: false,
    onWire: () => false
  }
  service.waiting.add(call)
  ledgerOf(service, call.scope) // creates the ledger of a kind of token at the first call for it
  world.statistics.calls += 1
  world.log.write(service.name, what)
  return call
}

// Timers in a real event loop can be late by this much. Milliseconds.
const lateness = 30

/** I7: a call ends once and by its deadline. If its host slept through the deadline, the call ends when the host wakes. */
export function endCall(world: World, call: Call, outcome: string): void {
  const { service, what, deadline } = call
  const { host, name, waiting } = service
  world.log.write(name, `${what} ends: ${outcome}`)
  if (!waiting.delete(call)) world.violate('I7', name, `${what} ended twice`)
  const late = host.monotonicTime() - Math.max(deadline, host.wokeAt - host.suspended)
  if (late > lateness + service.machine.slack) world.violate('I7', name, `${what} ended ${late} ms late`)
}

/** Checks I1 for an error of the library, and I9 for everything in it that can be printed. */
export function judgeError(world: World, call: Call, error: unknown): void {
  const { service, scope, aborted } = call
  if (!(error instanceof TokenClientError)) return
  const { code, message } = error
  const printed = world.statistics.calls % 16 === 0 ? inspect(error, { depth: 9, showHidden: true }) : message
  if (printed.includes(marker)) world.violate('I9', service.name, `the error ${code} holds a secret or a token`)
  if (!aborted && code !== 'ERR_CLIENT_CLOSED') {
    tokenWanting(world, service, scope, code)
    judgeEnd(world, call, code)
  }
  if (code === 'ERR_CLIENT_CLOSED' && !service.closed) world.violate('I1', service.name, 'closed, and nobody closed it')
}

export interface GetTokenCall {
  readonly scope?: string | undefined
  readonly maxWait?: number | undefined
  /** Milliseconds until this caller leaves. */
  readonly abortIn?: number | undefined
  readonly shared?: boolean
}

/** Calls `ready()`, as a service does when it starts. */
export function callReady(world: World, { service }: Machine): void {
  const call = beginCall(world, service, { what: 'ready', limit: 30_000 })
  service.client.ready().then(
    () => endCall(world, call, 'ready'),
    (error) => {
      endCall(world, call, error.code ?? error.name)
      judgeError(world, call, error)
    }
  )
}

/** Calls `getToken()` once. The result is undefined if the call fails. */
export function callGetToken(
  world: World,
  { service }: Machine,
  given: GetTokenCall
): Promise<AccessToken | undefined> {
  const { scope, maxWait, abortIn, shared = false } = given
  const limit = maxWait ?? world.settings.timeout
  const beginning = callBegins(world, service, ledgerOf(service, scope ?? defaultScope))
  const call = beginCall(world, service, { what: `getToken ${scope ?? ''} ${maxWait ?? ''}`, scope, limit })
  const leaving = new AbortController()
  const signal = shared ? service.shutdown.signal : abortIn === undefined ? undefined : leaving.signal
  const options: GetTokenOptions = {
    ...(scope !== undefined && { scope }),
    ...(maxWait !== undefined && { maxWait }),
    ...(signal !== undefined && { signal })
  }
  if (abortIn !== undefined && !shared)
    service.host.later(abortIn, () => {
      if (!service.waiting.has(call)) return
      world.fire('abort')
      call.aborted = true
      leaving.abort()
    })

  return service.client.getToken(options).then(
    (token) => {
      endCall(world, call, `serial ${token.serial}`)
      callServed(world, service, beginning)
      tokenGiven(world, service, token.value)
      service.lastToken = token
      return token
    },
    (error) => {
      endCall(world, call, error.code ?? error.name)
      judgeError(world, call, error)
      return undefined
    }
  )
}
