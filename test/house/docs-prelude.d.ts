// What the code blocks of the docs take for granted. A block that shows how one of these is made declares its own.
declare const log: Record<'info' | 'warn' | 'error', (fields: object, message?: string) => void>
