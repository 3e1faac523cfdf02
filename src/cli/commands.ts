import type { CommandTable } from './command.ts'

/** A new command is one file in `commands/` and one row here. */
export const commands: CommandTable = {
  token: {
    about: 'Gets an access token and prints it, as it is or in the form that another program takes.',
    load: async () => (await import('./commands/token-command.ts')).token
  },
  inspect: {
    about: 'Reads a token: its claims, its times and its size; with --verify whether a service would take it.',
    load: async () => (await import('./commands/inspect-command.ts')).inspect
  },
  doctor: {
    about: 'Examines everything between this machine and a token, and says what to do.',
    load: async () => (await import('./commands/doctor-command.ts')).doctor
  },
  serve: {
    about: 'Starts an authorization server for development, with a page that shows who may call whom.',
    load: async () => (await import('./commands/serve-command.ts')).serve
  },
  inventory: {
    about: 'Compares what services did with what they may do: unused grants, and calls without one.',
    load: async () => (await import('./commands/inventory-command.ts')).inventory
  },
  simulate: {
    about: 'Simulates what a fleet of instances asks of its authorization server.',
    load: async () => (await import('./commands/simulate-command.ts')).simulate
  },
  completion: {
    about: 'Prints a script that completes commands and flags in bash or zsh.',
    load: async () => (await import('./commands/completion-command.ts')).completion
  }
}
