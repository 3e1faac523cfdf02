import { commonOptions } from './arguments.ts'
import type { Command, OptionDescription, OptionDescriptions } from './command.ts'
import { commands } from './commands.ts'
import { columns, wrapped } from './layout.ts'

const width = 100

export function overview(): string {
  const rows = Object.entries(commands).map(([name, { about }]) => [name, about] as const)
  return [
    'service-token COMMAND [options]',
    '',
    'Gets, reads and checks OAuth 2.0 access tokens of services (client credentials grant).',
    '',
    'Commands:',
    columns(rows, width),
    '',
    'service-token COMMAND --help explains a command. service-token --version prints the version.'
  ].join('\n')
}

export function helpOf(name: string, { operands, about, options, examples, exitCodes }: Command): string {
  return [
    `service-token ${name}${operands === undefined ? '' : ` ${operands}`} [options]`,
    '',
    wrapped(about, width),
    '',
    'Options:',
    columns(optionRows({ ...options, ...commonOptions }), width),
    '',
    'Examples:',
    ...examples.flatMap(({ line, about }) => [`  # ${about}`, `  ${line}`, '']),
    'Exit codes:',
    columns(Object.entries(exitCodes), width)
  ].join('\n')
}

function optionRows(options: OptionDescriptions): (readonly [string, string])[] {
  return Object.entries(options).map(([name, option]) => [flag(name, option), option.about] as const)
}

function flag(name: string, { short, value = 'VALUE', type }: OptionDescription): string {
  const long = type === 'boolean' ? `--${name}` : `--${name} ${value}`
  return short === undefined ? long : `-${short}, ${long}`
}
