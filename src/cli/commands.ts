import type { Command } from './command.ts'

interface Row {
  /** What the overview says. */
  readonly about: string
  /** A command is loaded when it runs: what it needs costs the others nothing. */
  load(): Promise<Command>
}

/** Name → command. A new command is one file in `commands/` and one row here. */
export const commands: Readonly<Record<string, Row>> = {
  inspect: {
    about: 'Reads a token: its claims, its times and its size.',
    load: async () => (await import('./commands/inspect.ts')).inspect
  }
}
