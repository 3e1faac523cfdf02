/** Where an answer came from, and with which status: what every error about it tells. */
export interface AnswerSource {
  readonly host: string
  readonly status: number
}
