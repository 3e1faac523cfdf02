/** What this machine or process no longer has, by the code of a system call: file descriptors, ports, memory for sockets. */
const exhausted: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'this process has no file descriptor left'],
  ['ENFILE', 'this machine has no file descriptor left'],
  ['EADDRNOTAVAIL', 'this machine has no local port left'],
  ['ENOBUFS', 'this machine has no memory left for sockets'],
  ['ENOMEM', 'this machine has no memory left']
])

/** As the rest of a sentence; undefined for another code. */
export function exhaustion(code: unknown): string | undefined {
  return typeof code === 'string' ? exhausted.get(code) : undefined
}
