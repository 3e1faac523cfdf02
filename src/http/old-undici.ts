import { TokenClientError } from '../errors.ts'

/** Before version 7, undici demands another form of handlers. Its error names a method that nobody who composes has heard of. */
export function oldUndici(error: unknown): TokenClientError | undefined {
  const { message } = (error ?? {}) as Partial<Error>
  if (message !== 'invalid onError method') return undefined
  const remedy = 'Install undici 7.30.2, 8.12.4 or newer, or use createFetch and the option fetch.'
  return new TokenClientError('ERR_UNSUPPORTED_PLATFORM', `The dispatcher is of an undici that is too old. ${remedy}`, {
    transient: false,
    cause: error
  })
}
