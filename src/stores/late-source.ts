import type { SharedSource, SharedSourceOptions } from './shared-source.ts'

/** A shared source whose code is loaded when the client is made: a client without a store never loads it. */
export function lateSharedSource(options: SharedSourceOptions): SharedSource {
  const loading = import('./shared-source.ts').then(({ sharedSource }) => sharedSource(options))
  loading.catch(() => {}) // told to whoever asks for a token
  return {
    token: async (request, asking) => (await loading).token(request, asking),
    changed: options.source?.changed,
    rests: (request, ms) => void loading.then((source) => source.rests?.(request, ms)),
    withdraw: (request, token) => void loading.then((source) => source.withdraw?.(request, token)),
    close: () => void loading.then((source) => source.close())
  }
}
