import { expect } from 'vitest'
import type { TokenClientError } from '../../src/errors.ts'
import type { Answer } from '../../src/http/send.ts'
import { readTokenResponse, type TokenResponse, type TokenResponseContext } from '../../src/token-endpoint/response.ts'

export const tokenEndpoint = 'https://auth.internal:8443/marker-path?marker-query'

/** An answer with that body: as it is when it is text or bytes, else as JSON. */
export function answer(
  body: unknown,
  { status = 200, ...headers }: { status?: number; [field: string]: unknown } = {}
): Answer {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const fields = { 'content-type': 'application/json', ...headers } as Record<string, string>
  return { status, headers: fields, body: bytes }
}

/** What a good server says, with some members in place of its own; undefined leaves one out. */
export function good(members: object = {}): object {
  return { access_token: 'marker-token', token_type: 'Bearer', expires_in: 43_200, ...members }
}

export function read(given: Answer, context: Partial<TokenResponseContext> = {}): TokenResponse {
  const usual = { tokenEndpoint, wallTime: Date.UTC(2030, 0, 1), bearerTypes: ['bearer'], hidden: [] }
  return readTokenResponse(given, { ...usual, ...context })
}

/** What reading it throws. */
export function refusal(given: Answer, context: Partial<TokenResponseContext> = {}): TokenClientError {
  try {
    read(given, context)
  } catch (error) {
    return error as TokenClientError
  }
  return expect.fail('it was read')
}
