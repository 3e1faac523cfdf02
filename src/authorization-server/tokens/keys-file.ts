import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ClientConfigurationError } from '../../errors.ts'
import { isUrl } from '../../realm.ts'
import { replaceFile } from '../registry/replace-file.ts'
import type { KeyStore, SavedKey } from './signing-keys.ts'

/** Stores signing keys in a JSON file that only its owner can read, so that tokens stay valid after a restart. It is created if it does not exist. */
export function keysFile(given: string | URL): KeyStore {
  const file = isUrl(given) ? fileURLToPath(given) : given

  function unusable(fault: string): ClientConfigurationError {
    return new ClientConfigurationError('ERR_INVALID_OPTION', `The file ${file} for signing keys ${fault}.`)
  }

  return {
    async read() {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw unusable(`cannot be read (${error.code})`)
      })
      if (text === undefined) return []
      const keys = parsed(text)
      if (keys === undefined) throw unusable('was not written by this server. Remove it, or name another file')
      return keys
    },
    async write(keys) {
      await replaceFile(file, JSON.stringify({ keys }, null, 2), 0o600).catch((error: NodeJS.ErrnoException) => {
        throw unusable(`cannot be written (${error.code})`)
      })
    }
  }
}

function parsed(text: string): readonly SavedKey[] | undefined {
  try {
    const { keys } = JSON.parse(text)
    const areKeys = Array.isArray(keys) && keys.every((key) => typeof key?.privateJwk?.kty === 'string')
    return areKeys && keys.filter((key) => key.until === undefined).length === 1 ? keys : undefined
  } catch {
    return undefined
  }
}
