import { isBytes } from '../realm.ts'
import { StoreFault } from '../stores/store-fault.ts'
import type { LeaseRequest, StoredRecord, TokenStore } from '../stores/token-store.ts'
import { checkedFields, functionOption, kindOf, wrong } from '../wrong-option.ts'
import { type Script, scripts } from './scripts.ts'

/**
 * Runs one command of Redis or Valkey with the user's own client. `key` is the command's only key, which a cluster client needs for finding
 * the node; `args` is the whole command, its name first.
 */
export type RedisCommand = (key: string, args: string[]) => Promise<unknown>

export interface RedisStoreOptions {
  readonly command: RedisCommand
  /** The prefix of all keys. The default is `service-token:`. */
  readonly prefix?: string
}

/**
 * A token store on Redis or Valkey: single, replicated or a cluster. The record and the lease of one name are in the same slot.
 * Throws ClientConfigurationError for a wrong option.
 *
 * @example
 * const client = createClient()
 * await client.on('error', console.error).connect()
 * redisStore({ command: (key, args) => client.sendCommand(args) })
 */
export function redisStore(options: RedisStoreOptions): TokenStore {
  const { command, prefix = 'service-token:' } = checkedFields('redisStore options', options, ['command', 'prefix'])
  functionOption('command', command, 'Give (key, args) => client.sendCommand(args).')
  if (typeof prefix !== 'string' || /[{}]/.test(prefix)) {
    wrong(
      'prefix',
      'must be a string without braces',
      'Braces choose the slot of a cluster, which the store does itself.'
    )
  }
  const { write, lease, removeIfMine } = scripts()
  const recordKey = (name: string) => `${prefix}{${name}}`
  const leaseKey = (name: string) => `${prefix}{${name}}:lease`

  async function run({ digest, source }: Script, key: string, ...args: (string | number)[]): Promise<string> {
    const rest = ['1', key, ...args.map(String)]
    try {
      return textFrom(await command(key, ['EVALSHA', digest, ...rest]))
    } catch (error) {
      if (!isUnknownScript(error)) throw error
      return textFrom(await command(key, ['EVAL', source, ...rest]))
    }
  }

  return {
    async read(name) {
      const key = recordKey(name)
      const reply = await command(key, ['GET', key])
      return reply === null || reply === undefined ? undefined : recordFrom(textFrom(reply))
    },
    async write(name, record, life) {
      return (await run(write, recordKey(name), record.version, textOf(record), wholeMilliseconds(life))) === '1'
    },
    async remove(name, record) {
      await run(removeIfMine, recordKey(name), textOf(record))
    },
    async lease(name, { holder, word = '', life }: LeaseRequest) {
      const held = await run(lease, leaseKey(name), `${holder}|`, word, wholeMilliseconds(life))
      if (held === '') return { state: 'acquired' }
      return { state: 'held', word: held.slice(held.indexOf('|') + 1) || undefined }
    },
    async release(name, holder) {
      await run(removeIfMine, leaseKey(name), `${holder}|`)
    }
  }
}

/** Clients return text, bytes or numbers. Anything else is not a reply to these commands, for example an error that was resolved, or nothing at all. */
function textFrom(reply: unknown): string {
  if (isBytes(reply)) return Buffer.from(reply).toString()
  if (['string', 'number', 'bigint'].includes(typeof reply)) return String(reply)
  throw new StoreFault(`command returned ${kindOf(reply)} instead of the reply`)
}

/** Clients use different words: NOSCRIPT, NoScriptError. Some reject with something that is not an error. */
function isUnknownScript(error: unknown): boolean {
  return /noscript/i.test(error instanceof Error ? error.message : String(error))
}

function textOf({ version, data }: StoredRecord): string {
  return `${version}.${data}`
}

function recordFrom(text: string): StoredRecord | undefined {
  const dot = text.indexOf('.')
  const version = Number(text.slice(0, dot))
  return dot > 0 && Number.isSafeInteger(version) ? { version, data: text.slice(dot + 1) } : undefined
}

/** Redis refuses a lifetime that is not a whole number above zero. */
function wholeMilliseconds(life: number): number {
  return Math.max(1, Math.ceil(life))
}
