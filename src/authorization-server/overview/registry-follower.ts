import { randomUUID } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { formatJson } from '../registry/format-json.ts'
import type { ServerRegistry } from '../registry/live-registry.ts'
import { nameOf, parseRegistry, registryText } from '../registry/registry-file.ts'
import type { Journal } from './journal.ts'

export interface RegistryFollower {
  /** Over when what is being written is written. */
  close(): Promise<void>
}

export interface RegistryFollowerOptions {
  readonly file: string | URL
  /** What the file said when the server was started with it. */
  readonly text: string
  /** Whether changes that are made here go into the file. */
  readonly write: boolean
  readonly registry: ServerRegistry
  readonly journal: Journal
}

/** Milliseconds between two looks. Looking works where a notice does not come: in containers, and on network drives. */
const interval = 250

/** Reads the file again when it was saved, and says what changed. A file with errors changes nothing. */
export function registryFollower(options: RegistryFollowerOptions): RegistryFollower {
  const { registry, journal, write } = options
  const file = nameOf(options.file)
  const tell = (text: string) => journal.add({ kind: 'file', text })
  /** What the file said when we last read or wrote it. */
  let known = options.text
  /** A text that could not be read: an editor may be in the middle of writing it. */
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
      tell(`${(error as Error).message} The server goes on with the registry that it has.`)
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
      if (changes.length === 0) tell(`${file} was read again. It changes nothing.`)
    } finally {
      loading = false
    }
  }

  async function save(): Promise<void> {
    const onDisk = await registryText(file)
    if (onDisk !== known) {
      tell(
        `${file} was changed by somebody else in the meantime, so it was read again. Your change is not in it: make it again.`
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

/** Whole or not at all, with the rights that the file had, and behind a link if it is one. */
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
