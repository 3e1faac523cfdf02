/** Where an answer came from, and its status. Every error about the answer says this. */
export interface AnswerSource {
  readonly host: string
  readonly status: number
}
