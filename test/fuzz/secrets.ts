import assert from 'node:assert/strict'
import { TokenClientError } from '../../src/errors.ts'

/** Every secret and token in an input holds this word. */
export const marker = 'marker'

/** Gives the error when it is one that the library may throw, with no secret in any of its texts. */
export function permitted(error: unknown): TokenClientError {
  assert.ok(error instanceof TokenClientError, `threw ${error}`)
  const texts = [error.message, error.stack, String(error.cause ?? '')]
  assert.ok(!texts.some((text) => text?.includes(marker)), `a secret in ${texts}`)
  return error
}
