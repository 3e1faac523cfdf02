import { type Answer, jsonAnswer } from './answer.ts'

export interface RefusalDetails {
  readonly status?: number
  readonly headers?: Answer['headers']
}

/** A request is refused: one error code of the RFCs, and a sentence for the developer who reads it. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  /** The `error` member (RFC 6749 §5.2, RFC 8707 §2). */
  readonly error: string
  readonly answer: Answer

  constructor(error: string, description: string, { status = 400, headers = {} }: RefusalDetails = {}) {
    super(description)
    this.error = error
    this.answer = jsonAnswer(status, { error, error_description: description }, headers)
  }
}
