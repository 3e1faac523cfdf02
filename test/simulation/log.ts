/** What happened, a line an event. The same seed writes the same bytes. */
export interface Log {
  write(who: string, what: string): void
  readonly text: string
}

/** Keeps nothing: a run of years is repeated with a kept log when it has failed. */
export const noLog: Log = { write() {}, text: '' }

export function keptLog(now: () => number): Log {
  const lines: string[] = []
  return {
    write: (who, what) => void lines.push(`${now().toFixed(3).padStart(16)}  ${who.padEnd(12)} ${what}\n`),
    get text() {
      return lines.join('')
    }
  }
}
