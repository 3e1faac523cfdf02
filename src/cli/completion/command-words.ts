import { commonOptions } from '../arguments.ts'
import type { CommandTable, OptionDescription } from '../command.ts'

export interface FlagWords {
  /** The flag with its dashes. */
  readonly flag: string
  readonly about: string
  /** The placeholder of its value; undefined if it takes none. */
  readonly value: string | undefined
}

/** What can follow the name of a command. */
export interface CommandWords {
  readonly name: string
  readonly about: string
  readonly flags: readonly FlagWords[]
  /** The operands to choose from, such as `bash` and `zsh`; empty if the command has no such choice. */
  readonly choices: readonly string[]
}

export async function commandWords(commands: CommandTable): Promise<CommandWords[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, { about, load }]) => {
      const { options, operands = '' } = await load()
      const flags = Object.entries({ ...options, ...commonOptions }).map(([flag, option]) => wordsOf(flag, option))
      return { name, about, flags, choices: /^\w+(\|\w+)+$/.test(operands) ? operands.split('|') : [] }
    })
  )
}

function wordsOf(flag: string, { about, type, value = 'VALUE' }: OptionDescription): FlagWords {
  return { flag: `--${flag}`, about, value: type === 'string' ? value : undefined }
}
