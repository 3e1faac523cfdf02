import { type EndingFile, hasEnded } from './ending-file.ts'
import { endLease, takeLease } from './lease-file.ts'
import { PrivateDirectory } from './private-directory.ts'
import type { Lease, LeaseRequest, StoredRecord, TokenStore } from './token-store.ts'

type FileRecord = StoredRecord & EndingFile

/** Stores records and leases as files in one directory. */
export class FileRecords implements TokenStore {
  readonly #directory: PrivateDirectory

  constructor(path: string) {
    this.#directory = new PrivateDirectory(path)
  }

  async read(name: string): Promise<StoredRecord | undefined> {
    const found = await this.#current(name)
    return found && { version: found.version, data: found.data }
  }

  async write(name: string, { version, data }: StoredRecord, life: number): Promise<boolean> {
    const found = await this.#current(name)
    if (found !== undefined && found.version >= version) return false
    const kept = await this.#put(fileOf(name, version), { version, data, endsAt: Math.ceil(Date.now() + life) })
    if (kept) {
      await this.#removeBelow(name, version)
      await this.#directory.sweep()
    }
    return kept
  }

  async remove(name: string, { version, data }: StoredRecord): Promise<void> {
    const found = await this.#current(name)
    if (found?.version === version && found.data === data) await this.#directory.remove(fileOf(name, version))
  }

  lease(name: string, request: LeaseRequest): Promise<Lease> {
    return takeLease(this.#directory, leaseOf(name), request)
  }

  release(name: string, holder: string): Promise<void> {
    return endLease(this.#directory, leaseOf(name), holder)
  }

  async #current(name: string): Promise<FileRecord | undefined> {
    for (const version of await this.#versions(name)) {
      const record = await this.#directory.read<FileRecord>(fileOf(name, version))
      if (record !== undefined && !hasEnded(record)) return record
    }
    return undefined
  }

  /** The latest first. Each version has its own file, so a slow writer cannot replace a later version. */
  async #versions(name: string): Promise<number[]> {
    const prefix = fileOf(name, '')
    const files = (await this.#directory.list()).filter((file) => file.startsWith(prefix))
    const versions = files.map((file) => Number(file.slice(prefix.length)))
    return versions.filter(Number.isSafeInteger).sort((a, b) => b - a)
  }

  /** The file of that version may already exist, with an expired or unreadable record. */
  async #put(file: string, record: FileRecord): Promise<boolean> {
    if (await this.#directory.create(file, record)) return true
    const former = await this.#directory.read<FileRecord>(file)
    return (former === undefined || hasEnded(former)) && this.#directory.supersede(file, former, record)
  }

  async #removeBelow(name: string, version: number): Promise<void> {
    const former = (await this.#versions(name)).filter((one) => one < version)
    await Promise.all(former.map((one) => this.#directory.remove(fileOf(name, one))))
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
