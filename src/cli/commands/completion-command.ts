import { command, UsageError } from '../command.ts'
import { type CommandWords, commandWords } from '../completion/command-words.ts'

const shells = {
  bash: async (words: readonly CommandWords[]) => (await import('../completion/bash.ts')).bashCompletion(words),
  zsh: async (words: readonly CommandWords[]) => (await import('../completion/zsh.ts')).zshCompletion(words)
}

export const completion = command({
  operands: 'bash|zsh',
  mostOperands: 1,
  about: 'Prints a script that completes commands and flags in your shell.',
  options: {},
  examples: [
    { line: 'source <(service-token completion bash)', about: 'In ~/.bashrc' },
    { line: 'source <(service-token completion zsh)', about: 'In ~/.zshrc, after compinit' }
  ],
  exitCodes: { 0: 'The script was printed.', 2: 'Wrong usage.' },
  async run({ operands: [shell = ''], json, terminal, commands }) {
    if (!Object.hasOwn(shells, shell))
      throw new UsageError('Name your shell: service-token completion bash, or service-token completion zsh.')
    const script = await shells[shell as keyof typeof shells](await commandWords(commands))
    if (json) terminal.printJson({ shell, script })
    else terminal.print(script)
    return 0
  }
})
