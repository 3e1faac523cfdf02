import type { Spending } from '../bearer/bearer-request.ts'
import type { HeaderFields } from '../bearer/header-fields.ts'
import { headerOf, type Presenting, present } from '../bearer/present.ts'
import { tokenInPlaceOf, wantedBy } from '../bearer/refusal.ts'
import type { Route } from '../bearer/routes.ts'
import { TokenClientError } from '../errors.ts'
import { ownMembers } from '../own-members.ts'
import type { AccessToken } from '../token/access-token.ts'
import type { BegunPatience } from '../waiting/patience.ts'
import { GrpcCaller } from './grpc-caller.ts'
import { GrpcMessages } from './grpc-messages.ts'
import {
  type GrpcCall,
  type GrpcCallOptions,
  type GrpcListener,
  type GrpcMessageContext,
  type GrpcMetadata,
  type GrpcNextCall,
  type GrpcStatus,
  statusCode
} from './grpc-types.ts'

/** How the calls below are made. */
export interface Below {
  readonly options: GrpcCallOptions
  readonly nextCall: GrpcNextCall
  /** One that was made already, and has not started. */
  readonly first: GrpcCall
}

/**
 * A call that carries a token: at most two attempts, the second after UNAUTHENTICATED and with another token. What comes from
 * above waits here until there is an attempt to hand it to.
 */
export class BearerCall implements GrpcCall {
  readonly #spending: Spending
  readonly #route: Route
  readonly #below: Below
  readonly #messages: GrpcMessages
  readonly #caller: GrpcCaller
  #metadata: GrpcMetadata | undefined
  #listener: GrpcListener = {}
  /** The attempt that is under way. */
  #attempt: GrpcCall | undefined
  #token: AccessToken | undefined
  #presenting: Presenting | undefined
  /** For the attempt that is under way. */
  #patience: BegunPatience = {}
  #isReading = false
  /** A unary call without an answer says so before its status. */
  #hasEmptyAnswer = false
  #hasEnded = false

  constructor(spending: Spending, route: Route, below: Below) {
    this.#spending = spending
    this.#route = route
    this.#below = below
    this.#caller = new GrpcCaller(below.options)
    this.#messages = new GrpcMessages(below.options.method_definition)
  }

  start(metadata: GrpcMetadata, listener: GrpcListener = {}): void {
    const { first } = this.#below
    this.#metadata = metadata.clone()
    this.#listener = listener
    const isCallersOwn = metadata.get(headerOf(this.#route)).length > 0
    const token = isCallersOwn ? undefined : this.#firstToken()
    if (!(token instanceof Promise)) {
      this.#begin(first, token)
      return
    }
    first.cancelWithStatus(statusCode.cancelled, 'Another call takes its place.') // its deadline would go on
    token.then((late) => this.#begin(this.#next(), late)).catch((error) => this.#fail(error))
  }

  sendMessage(message: unknown): void {
    this.sendMessageWithContext({}, message)
  }

  sendMessageWithContext(context: GrpcMessageContext, message: unknown): void {
    this.#messages.add(context, message)
  }

  halfClose(): void {
    this.#messages.close()
  }

  startRead(): void {
    this.#isReading = true
    this.#attempt?.startRead()
  }

  cancelWithStatus(code: number, details: string): void {
    this.#caller.leave()
    const running = this.#metadata === undefined ? this.#below.first : this.#attempt
    if (running !== undefined) running.cancelWithStatus(code, details)
    else this.#end(this.#status(code, details))
  }

  getPeer(): string {
    return (this.#attempt ?? this.#below.first).getPeer()
  }

  getAuthContext(): unknown {
    return this.#attempt?.getAuthContext() ?? null
  }

  #firstToken(): AccessToken | Promise<AccessToken> {
    const { request, origin } = this.#route
    this.#patience = this.#patienceFromNow()
    return this.#spending.source.token(request, Object.assign(this.#patience, { origin }))
  }

  #next(): GrpcCall {
    return this.#below.nextCall(this.#below.options)
  }

  #begin(attempt: GrpcCall, token?: AccessToken): void {
    if (this.#hasEnded) {
      attempt.cancelWithStatus(statusCode.cancelled, 'Nobody waits any more.')
      return
    }
    const shown = token === undefined ? {} : this.#shown(token)
    if (shown instanceof Promise)
      shown.then((fields) => this.#send(attempt, token, fields)).catch((error) => this.#fail(error))
    else this.#send(attempt, token, shown)
  }

  /** gRPC is HTTP/2, where each call is a POST to the name of its method. */
  #shown(token: AccessToken): HeaderFields | Promise<HeaderFields> {
    const { path } = this.#below.options.method_definition
    this.#presenting ??= ownMembers<Presenting>({ route: this.#route, options: { method: 'POST', path } })
    return present(token, this.#presenting, this.#patience)
  }

  #send(attempt: GrpcCall, token: AccessToken | undefined, shown: HeaderFields): void {
    const metadata = (this.#metadata as GrpcMetadata).clone()
    for (const [name, value] of Object.entries(shown)) metadata.set(name, String(value))
    this.#token = token
    this.#attempt = attempt
    attempt.start(metadata, this.#listening(attempt))
    if (this.#isReading) attempt.startRead()
    this.#messages.sendOn(attempt)
  }

  #listening(attempt: GrpcCall): GrpcListener {
    return {
      onReceiveMetadata: (metadata) => {
        this.#messages.keepNone() // as in gRPC's own retries: an answer has begun
        this.#listener.onReceiveMetadata?.(metadata)
      },
      onReceiveMessage: (message) => {
        if (message === null) {
          this.#hasEmptyAnswer = true
          return
        }
        this.#messages.keepNone()
        this.#listener.onReceiveMessage?.(message)
      },
      onReceiveStatus: (status) => {
        if (attempt === this.#attempt && !this.#replace(status)) this.#end(status)
      }
    }
  }

  /** Whether the refused call is put aside, because there may soon be another token, or there is another proof. */
  #replace(status: GrpcStatus): boolean {
    const token = this.#token
    const presenting = this.#presenting
    if (token === undefined || presenting === undefined) return false
    const canBeRepeated = () => this.#messages.areWhole && !this.#caller.hasLeft
    const sent = { ...presenting, route: this.#route }
    const wanted = wantedBy(this.#spending, sent, token, answerOf(status), { canBeRepeated })
    if (wanted === undefined || this.#caller.hasLeft) return false
    this.#patience = this.#patienceFromNow()
    if (wanted === 'proof') {
      this.#attempt = undefined
      this.#goOn(status, token)
      return true
    }
    const next = tokenInPlaceOf(token, this.#spending, this.#route, this.#patience)
    if (!this.#messages.areWhole) return false // it is for the next call
    presenting.hasNewToken = true
    this.#attempt = undefined
    next.then((another) => this.#goOn(status, another)).catch((error) => this.#fail(error))
    return true
  }

  #goOn(refused: GrpcStatus, another: AccessToken | undefined): void {
    if (another === undefined) {
      this.#end(refused)
      return
    }
    this.#hasEmptyAnswer = false
    this.#begin(this.#next(), another)
  }

  #patienceFromNow(): BegunPatience {
    return this.#caller.patienceFromNow(this.#spending.clock, this.#route.maxWait)
  }

  #fail(error: unknown): void {
    if (this.#hasEnded) return
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    const isLasting = error instanceof TokenClientError && !error.transient
    const code = isLasting ? statusCode.unauthenticated : statusCode.unavailable
    const details = error instanceof Error ? error.message : 'There is no token.'
    if (isLate) this.#end(this.#status(statusCode.deadlineExceeded, 'The deadline passed before there was a token.'))
    else this.#end({ ...this.#status(code, details), cause: error })
  }

  #status(code: number, details: string): GrpcStatus {
    const Metadata = this.#metadata?.constructor as new () => GrpcMetadata
    return { code, details, metadata: new Metadata() }
  }

  #end(status: GrpcStatus): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#messages.keepNone()
    if (this.#hasEmptyAnswer) this.#listener.onReceiveMessage?.(null)
    this.#listener.onReceiveStatus?.(status)
  }
}

/** gRPC has codes of its own for what HTTP calls 401 and 403. A challenge can be in the trailers. */
function answerOf({ code, metadata }: GrpcStatus) {
  const fieldsOf = (name: string) => metadata.get(name).map(String)
  const headers = {
    'www-authenticate': fieldsOf('www-authenticate'),
    'dpop-nonce': fieldsOf('dpop-nonce'),
    'grpc-status': String(code)
  }
  if (code === statusCode.unauthenticated) return { status: 401, headers }
  return { status: code === statusCode.permissionDenied ? 403 : 200, headers }
}
