import {
  type AccessToken,
  createTokenClient,
  type TokenClient,
  TokenClientError,
  type TokenClientOptions,
  type WarningCode
} from 'service-token-client'
import { isRecord } from '../../record.ts'
import { observeAnswers, type SeenAnswer } from './observer.ts'

/** The outcome of one token request, made in the same way as the service makes it. */
export interface Visit {
  readonly options: TokenClientOptions
  /** The client that asked. Whoever gets the visit closes it. */
  readonly client: TokenClient
  readonly token: AccessToken | undefined
  readonly error: TokenClientError | undefined
  readonly warnings: readonly WarningCode[]
  readonly answers: readonly SeenAnswer[]
}

export async function visitServer(options: TokenClientOptions): Promise<Visit> {
  const client = createTokenClient(options)
  const warnings: WarningCode[] = []
  client.on('warning', ({ code }) => warnings.push(code))
  const observer = observeAnswers()
  const seen = { options, client, warnings, answers: observer.answers }
  try {
    return { ...seen, token: await client.getToken(), error: undefined }
  } catch (error) {
    if (!(error instanceof TokenClientError)) throw error
    return { ...seen, token: undefined, error }
  } finally {
    observer.stop()
  }
}

/** The last answer of the token endpoint; undefined if there was none. */
export function answerOfTokenEndpoint({ answers }: Visit): SeenAnswer | undefined {
  return answers.findLast(({ method }) => method === 'POST')
}

/** The JSON object in the text; undefined if the text is anything else. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
