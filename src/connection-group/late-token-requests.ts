import { late, lateMade } from '../late.ts'
import type { TokenSource } from '../token/token-source.ts'

/** The code for token requests. It is not part of the main entry, so a program that never needs a token does not load it. */
export const tokenRequestCode = late(() => import('./connection.ts'))

type Code = typeof import('./connection.ts')

/**
 * Returns the source that `make` creates as soon as the code is loaded. Loading starts at once, because a process that runs out of file
 * descriptors later still has some at its start. A call that comes before the code is loaded waits for it.
 */
export function lateSource(make: (code: Code) => TokenSource, credential: Pick<TokenSource, 'changed'>): TokenSource {
  if (tokenRequestCode.loaded !== undefined) return make(tokenRequestCode.loaded)
  let source: TokenSource | undefined

  const made = lateMade(tokenRequestCode, (code) => {
    source = make(code)
    return source
  })

  return {
    changed: () => credential.changed?.(),
    token(request, asking) {
      return source === undefined ? made().then((own) => own.token(request, asking)) : source.token(request, asking)
    }
  }
}
