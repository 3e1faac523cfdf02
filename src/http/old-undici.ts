import { TokenClientError } from '../errors.ts'

/** Before version 7, undici demands another form of handlers. Its error names a method that nobody who composes has heard of. */
export function oldUndici(error: unknown): TokenClientError | undefined {
  const { message } = (error ?? {}) as Partial<Error>
  if (message !== 'invalid onError method') return undefined
  const what = 'The dispatcher is of an undici that is too old. Install undici 7.30.2, 8.12.4 or newer, or use fetch.'
  return new TokenClientError('ERR_UNSUPPORTED_PLATFORM', what, { transient: false, cause: error })
}
