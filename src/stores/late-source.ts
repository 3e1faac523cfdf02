import { type Late, late, lateMade } from '../late.ts'
import type { SharedSource, SharedSourceOptions } from './shared-source.ts'

type Code = typeof import('./shared-source.ts')

/** The code for shared stores. A client without a store never loads it. */
export const sharedSourceCode: Late<Code> = late(() => import('./shared-source.ts'))

/**
 * Returns a shared source. Its code starts to load at once, because a process that runs out of file descriptors later still has some at
 * its start. If the code cannot be loaded, the client works as if it had no store.
 */
export function lateSharedSource(options: SharedSourceOptions, code = sharedSourceCode): SharedSource {
  const { source: below } = options
  let source: SharedSource | undefined
  let closed = false

  const made = lateMade(code, ({ sharedSource }) => {
    source = sharedSource(options)
    if (closed) source.close()
    return source
  })

  return {
    changed: () => below?.changed?.(),
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
