import { type EndingFile, hasEnded } from './ending-file.ts'
import { endLease, takeLease } from './lease-file.ts'
import { privateDirectory } from './private-directory.ts'
import type { StoredRecord, TokenStore } from './token-store.ts'

type FileRecord = StoredRecord & EndingFile

/** Stores records and leases as files in one directory. */
export function fileRecords(path: string): TokenStore {
  const directory = privateDirectory(path)

  /** Each version has its own file, so a slow writer cannot replace a later version. */
  async function versions(name: string): Promise<number[]> {
    const prefix = fileOf(name, '')
    const files = (await directory.list()).filter((file) => file.startsWith(prefix))
    const versions = files.map((file) => Number(file.slice(prefix.length)))
    return versions.filter(Number.isSafeInteger).sort((a, b) => b - a)
  }

  async function current(name: string): Promise<FileRecord | undefined> {
    for (const version of await versions(name)) {
      const record = await directory.read<FileRecord>(fileOf(name, version))
      if (record !== undefined && !hasEnded(record)) return record
    }
    return undefined
  }

  /** The file of that version may already exist, with an expired or unreadable record. */
  async function put(file: string, record: FileRecord): Promise<boolean> {
    if (await directory.create(file, record)) return true
    const former = await directory.read<FileRecord>(file)
    return (former === undefined || hasEnded(former)) && directory.supersede(file, former, record)
  }

  async function removeBelow(name: string, version: number): Promise<void> {
    const former = (await versions(name)).filter((one) => one < version)
    await Promise.all(former.map((one) => directory.remove(fileOf(name, one))))
  }

  return {
    async read(name) {
      const found = await current(name)
      return found && { version: found.version, data: found.data }
    },
    async write(name, { version, data }, life) {
      const found = await current(name)
      if (found !== undefined && found.version >= version) return false
      const kept = await put(fileOf(name, version), { version, data, endsAt: Math.ceil(Date.now() + life) })
      if (kept) await removeBelow(name, version).then(directory.sweep)
      return kept
    },
    async remove(name, { version, data }) {
      const found = await current(name)
      if (found?.version === version && found.data === data) await directory.remove(fileOf(name, version))
    },
    lease: (name, request) => takeLease(directory, leaseOf(name), request),
    release: (name, holder) => endLease(directory, leaseOf(name), holder)
  }
}

function fileOf(name: string, version: number | ''): string {
  return `${safe(name)}.record.${version}`
}

function leaseOf(name: string): string {
  return `${safe(name)}.lease`
}

/** A file name that is unique on every file system, also if it ignores case. */
function safe(name: string): string {
  return Buffer.from(name).toString('hex')
}
