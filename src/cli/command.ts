import type { Terminal } from './terminal.ts'

/** One flag of a command. */
export interface OptionDescription {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** The placeholder of the value in the help: `ISSUER`. */
  readonly value?: string
  /** One sentence for the help. */
  readonly about: string
}

export type OptionDescriptions = Readonly<Record<string, OptionDescription>>

export type OptionValues<Options extends OptionDescriptions> = {
  readonly [Name in keyof Options]?: ValueOf<Options[Name]>
}

type ValueOf<Option> = Option extends { type: 'boolean' }
  ? boolean
  : Option extends { multiple: true }
    ? string[]
    : string

/** A line that a reader can copy, and what it does. */
export interface Example {
  readonly line: string
  readonly about: string
}

/** What a command was called with. */
export interface Call<Options extends OptionDescriptions> {
  readonly values: OptionValues<Options>
  /** The arguments that belong to no flag. */
  readonly operands: readonly string[]
  readonly json: boolean
  readonly terminal: Terminal
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly commands: CommandTable
}

/** The commands by their names. */
export type CommandTable = Readonly<Record<string, CommandRow>>

export interface CommandRow {
  /** One sentence for the overview of all commands. */
  readonly about: string
  /** Loads the command when it runs, so that its imports do not slow down the other commands. */
  load(): Promise<Command>
}

/** A command of the command line: one file in `commands/`, and one row of `commands.ts`. */
export interface Command<Options extends OptionDescriptions = OptionDescriptions> {
  /** The operands as the help shows them: `[TOKEN]`. */
  readonly operands?: string
  /** How many operands it takes at most; 0 by default. */
  readonly mostOperands?: number
  /** What it does, in whole sentences. */
  readonly about: string
  readonly options: Options
  readonly examples: readonly Example[]
  /** What each exit code means. */
  readonly exitCodes: Readonly<Record<number, string>>
  /** Resolves to the exit code. A UsageError ends the process with 2, any other error with 1. */
  run(call: Call<Options>): Promise<number>
}

/** Infers the exact type of the options, so that `values` has a typed member for each. */
export function command<const Options extends OptionDescriptions>(description: Command<Options>): Command<Options> {
  return description
}

/** The command line was used in a way that cannot work. The message says what to do. It never repeats a value, because a value can be a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
