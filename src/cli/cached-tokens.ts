import { randomBytes } from 'node:crypto'
import { link, mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileStore, type TokenStore } from 'service-token-client'
import { UsageError } from './command.ts'

export interface TokenCache {
  readonly store: TokenStore
  readonly sealingKey: { readonly file: string }
}

/**
 * A store of encrypted tokens in the user's cache directory. The key is a file in the same directory, so only somebody who can read this user's files
 * can read the tokens. The key does not depend on the client secret, which the user may type.
 * @throws UsageError if the directory cannot be used
 */
export async function tokenCache({
  XDG_CACHE_HOME
}: Readonly<Record<string, string | undefined>>): Promise<TokenCache> {
  const directory = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'service-token')
  const file = join(directory, 'key')
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await createOnce(file, randomBytes(32).toString('base64'))
  } catch (error) {
    throw new UsageError(`--cache cannot use the directory ${directory} (${(error as NodeJS.ErrnoException).code}).`)
  }
  return { store: fileStore({ directory: join(directory, 'tokens') }), sealingKey: { file } }
}

/** `link` is atomic and never replaces a file, so two processes that start at the same time use the same key. */
async function createOnce(file: string, content: string): Promise<void> {
  const draft = `${file}.${process.pid}`
  await writeFile(draft, content, { mode: 0o600 })
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft)
  }
}
