import { type EndingFile, hasEnded } from './ending-file.ts'
import type { PrivateDirectory } from './private-directory.ts'
import type { Lease, LeaseRequest } from './token-store.ts'

interface FileLease extends EndingFile {
  readonly holder: string
  readonly word?: string | undefined
}

/** A lease as a file. It is exclusive because only one process can create a file. */
export async function takeLease(directory: PrivateDirectory, file: string, request: LeaseRequest): Promise<Lease> {
  const { holder, life, word } = request
  const mine: FileLease = { holder, word, endsAt: Math.ceil(Date.now() + life) }
  if (await directory.create(file, mine)) return { state: 'acquired' }

  const found = await directory.read<FileLease>(file)
  if (found?.holder === holder) {
    await directory.replace(file, mine)
    return { state: 'acquired' }
  }
  if (found === undefined && (await directory.create(file, mine))) return { state: 'acquired' } // It was released in the meantime.
  if (found !== undefined && !hasEnded(found)) return { state: 'held', word: found.word }
  return (await directory.supersede(file, found, mine)) ? { state: 'acquired' } : { state: 'held' }
}

export async function endLease(directory: PrivateDirectory, file: string, holder: string): Promise<void> {
  const found = await directory.read<FileLease>(file)
  if (found?.holder === holder) await directory.remove(file)
}
