/** Holds one line for each event. The same seed always writes the same bytes. */
export interface Log {
  write(who: string, what: string): void
  readonly text: string
}

/** Keeps nothing, because a run can be long. A run that has failed is repeated with a kept log. */
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
