import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Where a command reads and writes. Results go to standard output, and explanations for a person go to standard error. */
export interface Terminal {
  /** Whether a person watches the output, so that progress can be drawn. */
  readonly interactive: boolean
  /** The width of the output in columns. */
  readonly columns: number
  /** Writes lines of the result. */
  print(lines: string): void
  /** Replaces the current line on an interactive terminal. */
  draw(line: string): void
  /** Writes the result of `--json`. */
  printJson(value: unknown): void
  /** Tells the person something that is not part of the result. */
  note(lines: string): void
  /** The piped input; undefined if nothing is piped in. */
  readInput(): Promise<string | undefined>
  /** What a person types, without an echo; undefined if nobody can type. */
  askSecret(question: string): Promise<string | undefined>
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  endQuietlyWithoutReader()
  return {
    interactive: stdout.isTTY === true,
    columns: stdout.columns ?? 100,
    print: (lines) => void stdout.write(`${lines}\n`),
    draw: (line) => void stdout.write(`\r\u001b[K${line}`),
    printJson: (value) => void stdout.write(`${JSON.stringify(value, undefined, 2)}\n`),
    note: (lines) => void stderr.write(`${lines}\n`),
    readInput: async () => (stdin.isTTY === true ? undefined : text(stdin)),
    askSecret: async (question) => (stdin.isTTY === true ? typedSecret(question) : undefined)
  }
}

/** `service-token … | head` closes the pipe early, which is not an error. */
function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

const interrupted = 130

async function typedSecret(question: string): Promise<string> {
  const { stdin, stderr } = process
  const silence = new Writable({ write: (_chunk, _encoding, written) => written() })
  const lines = createInterface({ input: stdin, output: silence, terminal: true })
  lines.on('SIGINT', () => process.exit(interrupted))
  stderr.write(question)
  try {
    return await lines.question('')
  } finally {
    lines.close()
    stderr.write('\n')
  }
}
