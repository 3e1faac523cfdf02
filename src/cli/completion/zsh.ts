import type { CommandWords, FlagWords } from './command-words.ts'

/** A completion script for zsh. It can be sourced, or put into a folder of `fpath` as `_service-token`. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  return `#compdef service-token
_service_token() {
  local -a commands
  commands=(
${commands.map(({ name, about }) => `    ${quoted(`${name}:${about}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(choice).join('\n')}
    help) _describe command commands ;;
  esac
}
if [ "$funcstack[1]" = _service_token ]; then
  _service_token "$@"
else
  compdef _service_token service-token
fi`
}

function choice({ name, flags, choices }: CommandWords): string {
  const operand = choices.length === 0 ? [] : [quoted(`1:choice:(${choices.join(' ')})`)]
  return `    ${name}) _arguments ${[...flags.map(argument), ...operand].join(' ')} ;;`
}

function argument({ flag, about, value }: FlagWords): string {
  const told = `${flag}[${about.replace(/[[\]:\\]/g, '\\$&')}]`
  if (value === undefined) return quoted(told)
  return quoted(`${told}:${value}:${value === 'FILE' ? '_files' : ''}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
