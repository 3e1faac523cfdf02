import { setImmediate } from '../platform-timers.ts'

// How long a refused answer is read so that its connection can serve the next attempt.

/** How many bytes of a refused answer are kept, and read so that its connection can be used again. */
export const drainLimit = 64 * 1024

/** For how many milliseconds we wait for the rest of a small refused answer. */
export const grace = 100

/** undici frees the socket in its own setImmediate after the last byte. One turn later it can be used again, also with an agent of Node. */
export function afterSocketIsFree(goOn: () => void): void {
  setImmediate(() => setImmediate(goOn))
}
