import type { CommandTable } from './command.ts'

/** To add a command, add a file to `commands/` and a row here. */
export const commands: CommandTable = {
  token: {
    about: 'Gets an access token and prints it, alone or in the form that another program needs.',
    load: async () => (await import('./commands/token-command.ts')).token
  },
  inspect: {
    about: 'Shows what is in a token. With --verify it also checks whether a service would accept it.',
    load: async () => (await import('./commands/inspect-command.ts')).inspect
  },
  doctor: {
    about: 'Checks everything between this machine and a token, and says what to do.',
    load: async () => (await import('./commands/doctor-command.ts')).doctor
  },
  serve: {
    about: 'Starts an authorization server for development, with a page that shows who may call whom.',
    load: async () => (await import('./commands/serve-command.ts')).serve
  },
  inventory: {
    about: 'Compares what services did with what they may do, and lists unused and missing grants.',
    load: async () => (await import('./commands/inventory-command.ts')).inventory
  },
  simulate: {
    about: 'Simulates the load of a fleet of instances on its authorization server.',
    load: async () => (await import('./commands/simulate-command.ts')).simulate
  },
  completion: {
    about: 'Prints a script that completes commands and flags in bash or zsh.',
    load: async () => (await import('./commands/completion-command.ts')).completion
  }
}
