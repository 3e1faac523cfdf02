/** A fault of a store. The message is the rest of a sentence and contains nothing that came from the store. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault'
}

/** The first words of Redis and Valkey errors that are safe to log and say enough. */
const engineWord =
  /^(?:ASK|BUSY|CLUSTERDOWN|CROSSSLOT|EXECABORT|LOADING|MASTERDOWN|MISCONF|MOVED|NOAUTH|NOPERM|NOREPLICAS|NOSCRIPT|OOM|READONLY|TRYAGAIN|WRONGPASS|WRONGTYPE)\b/
const systemCode = /^[A-Z0-9_]{2,40}$/
const className = /^[A-Z][A-Za-z]{2,60}$/

/**
 * Says why a store failed, for a log. The text of an engine's error can contain a password or the arguments of a command, so only its
 * code, the engine's first word, or its class is used.
 */
export function storeTrouble(error: unknown): string {
  try {
    if (error instanceof StoreFault) return error.message
    const word = engineWord.exec(error instanceof Error ? error.message : String(error))?.[0]
    const found = error instanceof Error ? (systemCodeOf(error) ?? word ?? classOf(error)) : word
    return found === undefined ? 'it failed' : `it failed with ${found}`
  } catch {
    return 'it failed' // Reading a property of the thrown object has failed.
  }
}

function systemCodeOf({ code }: NodeJS.ErrnoException): string | undefined {
  return typeof code === 'string' && systemCode.test(code) ? code : undefined
}

function classOf(error: Error): string | undefined {
  return [error.name, error.constructor.name].find((name) => name !== 'Error' && className.test(name))
}
