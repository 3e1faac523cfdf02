import { Ending } from './ending.ts'

const leavers = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal aborts, until what it returns is called. All waits on one signal share one listener:
 * a process can pass the same signal to thousands of calls, and Node warns of a leak from the eleventh listener on.
 */
export function onAbort(signal: AbortSignal | Ending, leave: () => void): () => void {
  if (signal instanceof Ending) return signal.onAbort(leave)
  const leaving = leavers.get(signal) ?? new Set()
  leavers.set(signal, leaving.add(leave))
  signal.addEventListener('abort', letAllLeave)
  return () => {
    if (!leaving.delete(leave) || leaving.size > 0) return
    leavers.delete(signal) // a weak map that is left to the garbage collector never shrinks
    signal.removeEventListener('abort', letAllLeave)
  }
}

function letAllLeave({ target }: Event): void {
  for (const leave of leavers.get(target as AbortSignal) ?? []) leave()
}
