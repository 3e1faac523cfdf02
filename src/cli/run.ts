import { readFile } from 'node:fs/promises'
import { ClientConfigurationError, TokenClientError } from 'service-token-client'
import { nearestName } from '../known-names.ts'
import { readArguments } from './arguments.ts'
import { UsageError } from './command.ts'
import { commands } from './commands.ts'
import { helpOf, overview } from './help.ts'
import type { Terminal } from './terminal.ts'

/** The exit codes of errors, for every command. */
const failed = 1
const wrongUsage = 2

/** Runs the command line and resolves to its exit code. */
export async function run(given: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = given
  try {
    if (name === '--version') return await printVersion(terminal)
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      const called = name === undefined ? wrongUsage : 0
      return rest[0] === undefined ? printOverview(terminal, called) : await runCommand(rest[0], ['--help'], terminal)
    }
    return await runCommand(name, rest, terminal)
  } catch (error) {
    return report(error, given, terminal)
  }
}

async function runCommand(name: string, given: readonly string[], terminal: Terminal): Promise<number> {
  const row = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (row === undefined)
    throw new UsageError(
      `There is no such command. ${meantCommand(name)}The commands are: ${Object.keys(commands).join(', ')}.`
    )
  const command = await row.load()
  if (given.includes('--help') || given.includes('-h')) {
    terminal.print(helpOf(name, command))
    return 0
  }
  return command.run({ ...readArguments(command, given), terminal, environment: process.env, commands })
}

function meantCommand(name: string): string {
  const meant = nearestName(name, Object.keys(commands))
  return meant === undefined ? '' : `Did you mean ${meant}? `
}

function printOverview({ print, note }: Terminal, exitCode: number): number {
  if (exitCode === 0) print(overview())
  else note(overview())
  return exitCode
}

async function printVersion({ print }: Terminal): Promise<number> {
  const file = new URL(import.meta.resolve('service-token-client/package.json'))
  print((JSON.parse(await readFile(file, 'utf8')) as { version: string }).version)
  return 0
}

/** Prints the error and returns its exit code. An error that is not ours is a bug, so it is thrown again to show its stack. */
function report(error: unknown, given: readonly string[], { note, printJson }: Terminal): number {
  const usage = error instanceof UsageError
  if (!usage && !(error instanceof TokenClientError)) throw error
  const code = usage ? 'ERR_USAGE' : error.code
  if (given.includes('--json')) printJson({ error: { code, message: error.message } })
  else note(usage ? `${error.message}\n${whereToLook(given)}` : `${error.message} (${code})`)
  return usage || error instanceof ClientConfigurationError ? wrongUsage : failed
}

function whereToLook([name = '']: readonly string[]): string {
  return Object.hasOwn(commands, name)
    ? `service-token ${name} --help shows its flags and examples.`
    : 'service-token --help lists the commands.'
}
