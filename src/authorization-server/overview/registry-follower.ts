import { unwatchFile, watchFile } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { formatJson } from '../registry/format-json.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import { nameOf, parseRegistry, registryText } from '../registry/registry-file.ts'
import { replaceFile } from '../registry/replace-file.ts'
import type { Journal } from './journal.ts'

export interface RegistryFollowerOptions {
  readonly file: string | URL
  /** The content of the file when the server started. */
  readonly text: string
  /** Whether changes while the server runs are written to the file. */
  readonly write: boolean
  readonly registry: ServerRegistry
  readonly journal: Journal
}

/** Milliseconds between two reads. Polling also works in containers and on network drives, where file events do not arrive. */
const interval = 250

/** Reads the registry file again whenever it is saved, and reports what changed. A file with errors changes nothing. */
export class RegistryFollower {
  readonly #registry: ServerRegistry
  readonly #journal: Journal
  readonly #file: string
  readonly #look = () => this.#queue(() => this.#readAgain())
  /** The content of the file when we last read or wrote it. */
  #known: string
  /** A content with errors. It is reported when it is read a second time, because an editor may not have finished writing. */
  #doubtful: string | undefined
  #working = Promise.resolve()
  #loading = false

  constructor({ file, text, write, registry, journal }: RegistryFollowerOptions) {
    this.#registry = registry
    this.#journal = journal
    this.#file = nameOf(file)
    this.#known = text
    watchFile(this.#file, { interval, persistent: false }, this.#look)
    if (!write) return
    registry.onChange(() => {
      if (!this.#loading) this.#queue(() => this.#save())
    })
  }

  /** Stops, and resolves when the current write has finished. */
  close(): Promise<void> {
    unwatchFile(this.#file, this.#look)
    return this.#working
  }

  #queue(work: () => Promise<void>): void {
    this.#working = this.#working.then(work).catch((error: Error) => this.#tell(error.message))
  }

  #tell(text: string): void {
    this.#journal.add({ kind: 'file', text })
  }

  async #readAgain(): Promise<void> {
    const text = await registryText(this.#file)
    if (text === this.#known) return
    try {
      this.#load(text)
    } catch (error) {
      if (this.#doubtful !== text) return this.#readSoon(text)
      this.#known = text
      this.#tell(`${(error as Error).message} The server continues with the registry that it has.`)
    }
  }

  #readSoon(text: string): void {
    this.#doubtful = text
    setTimeout(this.#look, interval).unref()
  }

  #load(text: string): void {
    const document = parseRegistry(text, this.#file)
    this.#known = text
    this.#loading = true
    try {
      const changes = this.#registry.load(document)
      if (changes.length === 0) this.#tell(`${this.#file} was read again. Nothing has changed.`)
    } finally {
      this.#loading = false
    }
  }

  async #save(): Promise<void> {
    const file = this.#file
    const onDisk = await registryText(file)
    if (onDisk !== this.#known) {
      this.#tell(
        `${file} was changed by somebody else in the meantime, so it was read again. Your change is lost. Make it again.`
      )
      return this.#readAgain()
    }
    const text = `${formatJson(this.#registry.current)}\n`
    await rewrite(file, text)
    this.#known = text
    this.#tell(`${file} was written.`)
  }
}

/** The permissions of the file stay, and a symbolic link stays a link. */
async function rewrite(file: string, text: string): Promise<void> {
  const target = await realpath(file)
  const { mode } = await stat(target)
  await replaceFile(target, text, mode).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file} could not be written (${error.code}). The change is valid until the server stops.`)
  })
}
