import { type ParseArgsConfig, parseArgs } from 'node:util'
import { knownNames } from '../known-names.ts'
import { type Command, type OptionDescriptions, type OptionValues, UsageError } from './command.ts'

/** The flags that every command has. */
export const commonOptions = {
  json: { type: 'boolean', about: 'Print the result as JSON.' },
  help: { type: 'boolean', short: 'h', about: 'Show this help.' }
} as const satisfies OptionDescriptions

export interface Arguments {
  readonly values: OptionValues<OptionDescriptions>
  readonly operands: readonly string[]
  readonly json: boolean
}

/**
 * Reads the flags and operands after the command's name.
 * @throws UsageError; its message never repeats a value, because a value can be a secret.
 */
export function readArguments({ options, mostOperands = 0 }: Command, given: readonly string[]): Arguments {
  refuseSecrets(options, given)
  const { values, positionals } = parsed({ ...options, ...commonOptions }, given)
  if (positionals.length > mostOperands) throw new UsageError(tooMany(mostOperands))
  return { values: values as OptionValues<OptionDescriptions>, operands: positionals, json: values.json === true }
}

function parsed(options: OptionDescriptions, given: readonly string[]) {
  const config: ParseArgsConfig['options'] = Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short !== undefined && { short }) }
    ])
  )
  try {
    return parseArgs({ args: [...given], options: config, allowPositionals: true })
  } catch (error) {
    if (!isParseError(error)) throw error
    // The rest of Node's message explains `--`, which no command here needs.
    const fault = `${error.message.split(/\. To specify|\n/)[0]?.replace(/\.?$/, '.')}`
    const [, valueless] = /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument (?:is ambiguous|missing)/.exec(fault) ?? []
    if (valueless !== undefined)
      throw new UsageError(`${valueless} needs a value. If the value begins with a dash, write ${valueless}=VALUE.`)
    const [, unknown] = /^Unknown option '--([\w-]+)'/.exec(fault) ?? []
    throw new UsageError(unknown === undefined ? fault : `${fault} ${knownNames(unknown, Object.keys(options))}`)
  }
}

const secretFlag = /^--((client|admin|signing|dpop)-)?(secret|password|private-key|key)(=|$)/

/** Other users of the machine can read the arguments of a process. */
function refuseSecrets(options: OptionDescriptions, given: readonly string[]): void {
  const flag = given.find((argument) => secretFlag.test(argument))?.split('=')[0]
  if (flag === undefined || flag.slice(2) in options) return
  throw new UsageError(
    `There is no ${flag}, because other users of this machine can read the arguments of a process. Use ${flag}-file, or a SERVICE_TOKEN_* variable.`
  )
}

function tooMany(most: number): string {
  const taken = most === 0 ? 'takes no operands' : `takes at most ${most} operand${most === 1 ? '' : 's'}`
  return `This command ${taken}. Check whether a value is missing its flag, or needs quotes.`
}

function isParseError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
}
