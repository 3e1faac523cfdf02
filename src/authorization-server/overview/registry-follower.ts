import { randomUUID } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { formatJson } from '../registry/format-json.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import { nameOf, parseRegistry, registryText } from '../registry/registry-file.ts'
import type { Journal } from './journal.ts'

export interface RegistryFollower {
  /** Stops, and resolves when the current write has finished. */
  close(): Promise<void>
}

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
export function registryFollower(options: RegistryFollowerOptions): RegistryFollower {
  const { registry, journal, write } = options
  const file = nameOf(options.file)
  const tell = (text: string) => journal.add({ kind: 'file', text })
  /** The content of the file when we last read or wrote it. */
  let known = options.text
  /** A content with errors. It is reported when it is read a second time, because an editor may not have finished writing. */
  let doubtful: string | undefined
  let working = Promise.resolve()
  let loading = false

  function queue(work: () => Promise<void>): void {
    working = working.then(work).catch((error: Error) => tell(error.message))
  }

  async function readAgain(): Promise<void> {
    const text = await registryText(file)
    if (text === known) return
    try {
      load(text)
    } catch (error) {
      if (doubtful !== text) return void soon(text)
      known = text
      tell(`${(error as Error).message} The server continues with the registry that it has.`)
    }
  }

  function soon(text: string): void {
    doubtful = text
    setTimeout(() => queue(readAgain), interval).unref()
  }

  function load(text: string): void {
    const document = parseRegistry(text, file)
    known = text
    loading = true
    try {
      const changes = registry.load(document)
      if (changes.length === 0) tell(`${file} was read again. Nothing has changed.`)
    } finally {
      loading = false
    }
  }

  async function save(): Promise<void> {
    const onDisk = await registryText(file)
    if (onDisk !== known) {
      tell(
        `${file} was changed by somebody else in the meantime, so it was read again. Your change is lost. Make it again.`
      )
      return readAgain()
    }
    const text = `${formatJson(registry.current)}\n`
    await replaceFile(file, text)
    known = text
    tell(`${file} was written.`)
  }

  const look = () => queue(readAgain)
  watchFile(file, { interval, persistent: false }, look)
  if (write)
    registry.onChange(() => {
      if (!loading) queue(save)
    })
  return {
    close() {
      unwatchFile(file, look)
      return working
    }
  }
}

/** Replaces the content atomically. The permissions of the file stay, and a symbolic link stays a link. */
async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file)
  const { mode } = await stat(target)
  const beside = `${target}.${randomUUID()}`
  try {
    await writeFile(beside, text, { mode })
    await rename(beside, target)
  } catch (error) {
    await rm(beside, { force: true })
    throw new Error(
      `${file} could not be written (${(error as NodeJS.ErrnoException).code}). The change is valid until the server stops.`
    )
  }
}
