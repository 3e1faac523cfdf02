/** Header fields of an answer, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** The part of an answer that can refuse a token. */
export interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
}

/** Whether an answer refuses the token that was sent. Only the value `true` means yes. */
export type RejectedWhen = (status: number, headers: AnswerHeaders) => boolean
