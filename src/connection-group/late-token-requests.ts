import { late } from '../late.ts'
import type { TokenSource } from '../token/token-source.ts'

/** All that a token request needs. The main entry does not hold it, so a program that asks for no token never loads it. */
export const tokenRequestCode = late(() => import('./connection.ts'))

type Code = typeof import('./connection.ts')

/**
 * The source that `make` makes of the code, which begins to load at once: a process has file descriptors left while it starts. Whoever
 * asks before it is there waits for it.
 */
export function lateSource(make: (code: Code) => TokenSource, changed: TokenSource['changed']): TokenSource {
  if (tokenRequestCode.loaded !== undefined) return make(tokenRequestCode.loaded)
  let source: TokenSource | undefined
  tokenRequestCode.load().catch(() => {}) // told to whoever asks for a token

  async function made(): Promise<TokenSource> {
    const code = await tokenRequestCode.load()
    source ??= make(code)
    return source
  }

  return {
    changed,
    token(request, asking) {
      return source === undefined ? made().then((own) => own.token(request, asking)) : source.token(request, asking)
    }
  }
}
