import { recordingLimit } from '../bearer/request-body.ts'
import type { GrpcCall, GrpcCallOptions, GrpcMessageContext } from './grpc-types.ts'

interface Message {
  readonly content: unknown
  readonly flags: number | undefined
  /** Told once, when the message was first written. */
  callback: GrpcMessageContext['callback']
}

type MethodDefinition = GrpcCallOptions['method_definition']

/** The messages of one call on their way out: handed on one after the other, and kept until nobody needs them again. */
export class GrpcMessages {
  readonly #method: MethodDefinition
  #messages: Message[] = []
  /** How many of these were handed on. */
  #sent = 0
  /** Bytes of what is kept. */
  #size = 0
  #isKept = true
  #isWhole = true
  #isClosed = false
  #isWriting = false
  #attempt: GrpcCall | undefined

  constructor(method: MethodDefinition) {
    this.#method = method
  }

  /** Whether all that was sent can be sent once more. */
  get areWhole(): boolean {
    return this.#isWhole && this.#isKept
  }

  add({ callback, flags }: GrpcMessageContext, content: unknown): void {
    this.#messages.push({ content, flags, callback })
    if (this.#isKept && this.#method.requestStream) this.#measure(content)
    this.#send()
  }

  close(): void {
    this.#isClosed = true
    if (this.#sent === this.#messages.length) this.#attempt?.halfClose()
  }

  /** From here on they go to this attempt, from the first one on. */
  sendOn(attempt: GrpcCall): void {
    this.#attempt = attempt
    this.#sent = 0
    this.#isWriting = false
    this.#send()
  }

  /** They will not be sent a second time. */
  keepNone(): void {
    this.#isKept = false
    this.#forget()
  }

  /** A stream can be endless. A call with one message keeps what its caller has in hand anyway. */
  #measure(content: unknown): void {
    try {
      this.#size += this.#method.requestSerialize(content).byteLength
    } catch {
      return // the attempt says it in its own words
    }
    if (this.#size > recordingLimit) this.keepNone()
  }

  #send(): void {
    const attempt = this.#attempt
    if (attempt === undefined || this.#isWriting) return
    const message = this.#messages[this.#sent]
    if (message !== undefined) {
      this.#sent += 1
      this.#isWriting = true
      const { flags, content } = message
      const callback = (error?: Error | null) => this.#written(attempt, message, error)
      attempt.sendMessageWithContext({ ...(flags !== undefined && { flags }), callback }, content)
    }
    if (this.#isClosed && this.#sent === this.#messages.length) attempt.halfClose()
  }

  #written(attempt: GrpcCall, message: Message, error: Error | null | undefined): void {
    const { callback } = message
    message.callback = undefined
    if (attempt === this.#attempt) {
      this.#isWriting = false
      this.#forget()
      if (!error && this.#sent < this.#messages.length) this.#send()
    }
    callback?.(error)
  }

  #forget(): void {
    if (this.#isKept || this.#sent === 0) return
    this.#isWhole = false
    this.#messages = this.#messages.slice(this.#sent)
    this.#sent = 0
  }
}
