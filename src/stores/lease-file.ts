import type { PrivateDirectory } from './private-directory.ts'
import type { Lease, LeaseRequest } from './token-store.ts'

interface FileLease {
  readonly holder: string
  readonly word?: string | undefined
  /** Epoch ms. */
  readonly endsAt: number
}

/** A lease as a file: exclusive, since a file can be created by one process only. */
export async function takeLease(directory: PrivateDirectory, file: string, request: LeaseRequest): Promise<Lease> {
  const { holder, life, word } = request
  const mine: FileLease = { holder, word, endsAt: Math.ceil(Date.now() + life) }
  if (await directory.create(file, mine)) return { state: 'acquired' }

  const found = await directory.read<FileLease>(file)
  if (found?.holder === holder) {
    await directory.replace(file, mine)
    return { state: 'acquired' }
  }
  if (found !== undefined && !hasEnded(found)) return { state: 'held', word: found.word }
  await clearEnded(directory, file)
  return (await directory.create(file, mine)) ? { state: 'acquired' } : { state: 'held' }
}

export async function endLease(directory: PrivateDirectory, file: string, holder: string): Promise<void> {
  const found = await directory.read<FileLease>(file)
  if (found?.holder === holder) await directory.remove(file)
}

/** Another process can have cleared it and begun a new lease meanwhile: that one is put back. */
async function clearEnded(directory: PrivateDirectory, file: string): Promise<void> {
  const aside = await directory.moveAside(file)
  if (aside === undefined) return
  const moved = await directory.read<FileLease>(aside)
  if (moved !== undefined && !hasEnded(moved)) await directory.moveBack(aside, file)
  else await directory.remove(aside)
}

function hasEnded({ endsAt }: FileLease): boolean {
  return !(endsAt > Date.now())
}
