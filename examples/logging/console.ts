import type { TokenClient } from 'service-token-client'

/** The same as JSON lines on the console, for a process whose output is collected. */
export function logToConsole(tokens: TokenClient): () => void {
  return tokens.on('*', (name, event) => {
    const level = name === 'refresh-failed' || name === 'warning' ? 'warn' : 'info'
    const error =
      'error' in event && event.error instanceof Error ? { error: event.error.message, code: event.error.code } : {}
    console[level](JSON.stringify({ time: new Date().toISOString(), level, name, ...event, ...error }))
  })
}
