import { type Answer, jsonAnswer } from './server-answer.ts'

/** The grant that the client lacks for this request. */
export interface MissingGrant {
  readonly service: string
  readonly scope: readonly string[]
}

export interface RefusalDetails {
  readonly status?: number
  readonly headers?: Answer['headers']
  readonly missing?: MissingGrant
}

/** A request is refused, with an error code of the RFCs and a sentence for the developer. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  /** The `error` member (RFC 6749 §5.2, RFC 8707 §2). */
  readonly error: string
  readonly answer: Answer
  readonly missing: MissingGrant | undefined

  constructor(error: string, sentence: string, { status = 400, headers = {}, missing }: RefusalDetails = {}) {
    super(sentence)
    this.error = error
    this.missing = missing
    const description = sentence.replace(notInDescription, "'")
    this.answer = jsonAnswer(status, { error, error_description: description }, headers)
  }
}

/** RFC 6749 §5.2 allows no other characters in `error_description`. */
const notInDescription = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g
