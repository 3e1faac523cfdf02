import { type Late, late } from '../late.ts'
import type { SharedSource, SharedSourceOptions } from './shared-source.ts'

type Code = typeof import('./shared-source.ts')

/** All that a store needs. A client without one never loads it. */
export const sharedSourceCode: Late<Code> = late(() => import('./shared-source.ts'))

/**
 * A shared source whose code begins to load at once: a process has file descriptors left while it starts. Code that cannot be loaded is
 * a store that is broken: then it is as if there were none.
 */
export function lateSharedSource(options: SharedSourceOptions, code = sharedSourceCode): SharedSource {
  const { source: below } = options
  let source: SharedSource | undefined
  let closed = false
  code.load().catch(() => {}) // tried again when a token is asked for

  async function made(): Promise<SharedSource> {
    const { sharedSource } = await code.load()
    source ??= sharedSource(options)
    if (closed) source.close()
    return source
  }

  return {
    changed: below?.changed,
    token: (request, asking) =>
      made().then(
        (own) => own.token(request, asking),
        (error) => (below === undefined ? Promise.reject(error) : below.token(request, asking))
      ),
    rests: (request, ms) => source?.rests?.(request, ms),
    withdraw: (request, token) =>
      void made().then(
        (own) => own.withdraw?.(request, token),
        () => {}
      ),
    close() {
      closed = true
      source?.close()
    }
  }
}
