import type { CommandWords } from './command-words.ts'

/** A completion script for bash. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  const withValue = flagsOf(commands, (value) => value !== undefined && value !== 'FILE')
  return `_service_token() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} help --help --version" -- "$word"))
    return
  fi
  case "$previous" in
    ${flagsOf(commands, (value) => value === 'FILE')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${withValue}) return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(choice).join('\n')}
    help) COMPREPLY=($(compgen -W "${names}" -- "$word")) ;;
  esac
}
complete -F _service_token service-token`
}

function flagsOf(commands: readonly CommandWords[], wanted: (value: string | undefined) => boolean): string {
  const flags = commands.flatMap(({ flags }) => flags.filter(({ value }) => wanted(value)).map(({ flag }) => flag))
  return [...new Set(flags)].join('|')
}

function choice({ name, flags, choices }: CommandWords): string {
  const words = [...choices, ...flags.map(({ flag }) => flag)].join(' ')
  return `    ${name}) COMPREPLY=($(compgen -W "${words}" -- "$word")) ;;`
}
