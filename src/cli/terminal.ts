import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Where a command reads and writes. Results go to standard output; what only a person needs goes to standard error. */
export interface Terminal {
  /** A person sees the output at once: progress may be drawn. */
  readonly interactive: boolean
  /** Columns of the output. */
  readonly columns: number
  /** Writes lines of the result. */
  print(lines: string): void
  /** Replaces the line that is being written, on an interactive terminal. */
  draw(line: string): void
  /** Writes the result of `--json`. */
  printJson(value: unknown): void
  /** Tells the person something that is no part of the result. */
  note(lines: string): void
  /** What is piped in; undefined where nothing is piped. */
  readInput(): Promise<string | undefined>
  /** What a person types, without an echo; undefined where nobody can type. */
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

/** `service-token … | head` closes the pipe early: that is no failure. */
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
