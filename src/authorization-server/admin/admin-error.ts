import { type Answer, jsonAnswer } from '../http/server-answer.ts'

/** Why a request to `/admin/api` is refused: a status, a word, and a sentence that says what to do. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly answer: Answer

  constructor(status: number, error: string, sentence: string, headers: Answer['headers'] = {}) {
    super(sentence)
    this.answer = jsonAnswer(status, { error, error_description: sentence }, headers)
  }
}
