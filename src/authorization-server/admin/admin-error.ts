import { type Answer, jsonAnswer } from '../http/server-answer.ts'

/** A request to `/admin/api` is refused, with a status, an error code, and a sentence that says what to do. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly answer: Answer

  constructor(status: number, error: string, sentence: string, headers: Answer['headers'] = {}) {
    super(sentence)
    this.answer = jsonAnswer(status, { error, error_description: sentence }, headers)
  }
}
