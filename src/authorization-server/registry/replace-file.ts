import { randomUUID } from 'node:crypto'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'

/** Replaces the content of a file atomically, or creates the file. It has exactly these permissions afterwards. */
export async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const beside = `${file}.${randomUUID()}`
  try {
    await writeFile(beside, text, { mode })
    await chmod(beside, mode) // a new file lacks what the umask of this process takes away
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
