const leavers = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal aborts, until what it returns is called. All who wait on one signal share one listener:
 * a process can give the same signal to thousands of calls, and from the eleventh listener on Node warns of a leak.
 */
export function onAbort(signal: AbortSignal, leave: () => void): () => void {
  const leaving = leavers.get(signal) ?? new Set()
  leavers.set(signal, leaving.add(leave))
  signal.addEventListener('abort', letAllLeave)
  return () => {
    leaving.delete(leave)
    if (leaving.size === 0) signal.removeEventListener('abort', letAllLeave)
  }
}

function letAllLeave({ target }: Event): void {
  for (const leave of leavers.get(target as AbortSignal) ?? []) leave()
}
