import { commonOptions } from '../arguments.ts'
import type { CommandTable, OptionDescription } from '../command.ts'

export interface FlagWords {
  /** With its dashes. */
  readonly flag: string
  readonly about: string
  /** What stands for its value; undefined where it has none. */
  readonly value: string | undefined
}

/** What can be written behind a command's name. */
export interface CommandWords {
  readonly name: string
  readonly about: string
  readonly flags: readonly FlagWords[]
  /** The words that it takes without a flag, where these are a choice: `bash|zsh`. */
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
