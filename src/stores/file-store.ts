import { builtin } from '../builtin.ts'
import { late, lateMade } from '../late.ts'
import { checkedFields, nonEmptyString } from '../wrong-option.ts'
import type { TokenStore } from './token-store.ts'

export interface FileStoreOptions {
  /** The directory. It is created if it does not exist, and only this user can read it. The store is not safe on a network file system. */
  readonly directory: string
}

const code = late(() => import('./file-records.ts'))

/**
 * A token store in a directory, for the processes of one host: cluster workers, cron jobs, the command line.
 * Throws ClientConfigurationError for a wrong option.
 */
export function fileStore(options: FileStoreOptions): TokenStore {
  const { directory } = checkedFields('fileStore options', options, ['directory'])
  nonEmptyString('directory', directory, 'Give the path of a directory that belongs to this user.')
  const path = builtin.path.resolve(directory) // the process can change its working directory later
  const records = lateMade(code, ({ FileRecords }) => new FileRecords(path))
  return {
    read: async (name) => (await records()).read(name),
    write: async (name, record, life) => (await records()).write(name, record, life),
    remove: async (name, record) => (await records()).remove(name, record),
    lease: async (name, request) => (await records()).lease(name, request),
    release: async (name, holder) => (await records()).release(name, holder)
  }
}
