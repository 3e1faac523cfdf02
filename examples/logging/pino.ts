import type { Logger } from 'pino'
import type { TokenClient } from 'service-token-client'

/** One line for each event of the client; what a person should look at is a warning. No event holds a token or a secret. */
export function logWithPino(tokens: TokenClient, log: Logger): () => void {
  return tokens.on('*', (name, event) => {
    const level = name === 'refresh-failed' || name === 'warning' ? 'warn' : 'info'
    const { error, ...fields } = { error: undefined, ...event }
    log[level]({ ...fields, ...(error !== undefined && { err: error }) }, `token client: ${name}`)
  })
}
