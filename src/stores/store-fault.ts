/** What a store did wrong, in words of ours: the rest of a sentence, with nothing in it that the store has said. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault'
}

/** The words that begin an error of Redis or Valkey and say all that a reader needs. */
const engineWord =
  /^(?:ASK|BUSY|CLUSTERDOWN|CROSSSLOT|EXECABORT|LOADING|MASTERDOWN|MISCONF|MOVED|NOAUTH|NOPERM|NOREPLICAS|NOSCRIPT|OOM|READONLY|TRYAGAIN|WRONGPASS|WRONGTYPE)\b/
const systemCode = /^[A-Z0-9_]{2,40}$/
const className = /^[A-Z][A-Za-z]{2,60}$/

/**
 * Why a store failed, for a log. A foreign error's text can hold an address with its password, or a command with its arguments: of it
 * are told its code, the engine's own word for it, or its class.
 */
export function storeTrouble(error: unknown): string {
  try {
    if (error instanceof StoreFault) return error.message
    const word = engineWord.exec(error instanceof Error ? error.message : String(error))?.[0]
    const found = error instanceof Error ? (systemCodeOf(error) ?? word ?? classOf(error)) : word
    return found === undefined ? 'it failed' : `it failed with ${found}`
  } catch {
    return 'it failed' // an object that nobody may look into
  }
}

function systemCodeOf({ code }: NodeJS.ErrnoException): string | undefined {
  return typeof code === 'string' && systemCode.test(code) ? code : undefined
}

function classOf(error: Error): string | undefined {
  return [error.name, error.constructor.name].find((name) => name !== 'Error' && className.test(name))
}
