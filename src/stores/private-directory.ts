import { builtin } from '../builtin.ts'

/** The largest file in bytes that is read. An encrypted token needs a few thousand. */
const longest = 1_048_576
/** After this many milliseconds, the process that wrote a draft must have died. */
const longestDraft = 3_600_000

/** JSON files in one directory that only this user can read. No reader ever sees a partly written file. */
export class PrivateDirectory {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  list(): Promise<string[]> {
    return builtin.fs.promises.readdir(this.#path).catch(absent([]))
  }

  /** Resolves with undefined if the file does not exist or contains no JSON object. */
  async read<Content>(file: string): Promise<Content | undefined> {
    const text = await readWithin(this.#at(file)).catch(absent(undefined))
    return text === undefined ? undefined : parsed(text)
  }

  /** Resolves with false if the file already exists. */
  async create(file: string, content: object): Promise<boolean> {
    const { link, rm } = builtin.fs.promises
    const draft = await this.#draftOf(content)
    try {
      await link(draft, this.#at(file))
      return true
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false
      throw error
    } finally {
      await rm(draft, { force: true })
    }
  }

  /** Writes the file, whether it exists or not. */
  async replace(file: string, content: object): Promise<void> {
    await builtin.fs.promises.rename(await this.#draftOf(content), this.#at(file))
  }

  /**
   * Replaces the outdated content `former`, which came from `read`. If many processes try this, only one succeeds. The others get false, and
   * so does a process that finds other content in the file.
   */
  async supersede(file: string, former: object | undefined, content: object): Promise<boolean> {
    const claim = claimOf(file, former)
    if (!(await this.create(claim, {}))) return false
    try {
      if (JSON.stringify(await this.read(file)) !== JSON.stringify(former)) return false
      await this.replace(file, content)
      return true
    } finally {
      await this.remove(claim)
    }
  }

  remove(file: string): Promise<void> {
    return builtin.fs.promises.rm(this.#at(file), { force: true })
  }

  /** Removes the drafts of processes that have died. To be called after a change in the directory. */
  async sweep(): Promise<void> {
    const { stat } = builtin.fs.promises
    const drafts = (await this.list()).filter((file) => isDraft.test(file))
    // The directory has changed just now, on the same clock as its files. A file server may have another clock than we.
    const { mtimeMs: now } = await stat(this.#path).catch(absent({ mtimeMs: 0 }))
    for (const draft of drafts) {
      const { mtimeMs } = await stat(this.#at(draft)).catch(absent({ mtimeMs: Number.POSITIVE_INFINITY }))
      if (now - mtimeMs > longestDraft) await this.remove(draft)
    }
  }

  /** The path of a new file with that content. It gets its name when it is complete. */
  async #draftOf(content: object): Promise<string> {
    const { mkdir, writeFile, rm } = builtin.fs.promises
    const draft = this.#at(`.${builtin.crypto.randomUUID()}`)
    const write = () => writeFile(draft, JSON.stringify(content), { mode: 0o600, flag: 'wx' })
    try {
      // The directory may have been deleted since it was created.
      await write().catch(async (error) => {
        if (!isCode(error, 'ENOENT')) throw error
        await mkdir(this.#path, { recursive: true, mode: 0o700 })
        await write()
      })
      return draft
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {}) // A full disk leaves a partly written draft.
      throw error
    }
  }

  #at(file: string): string {
    return `${this.#path}/${file}`
  }
}

const isDraft = /^\.[0-9a-f-]{36}$/

/** The claim's name depends on the content that is replaced, so a slow process cannot block the next replacement. */
function claimOf(file: string, former: object | undefined): string {
  const digest = builtin.crypto.createHash('sha256').update(JSON.stringify([file, former]))
  return `.${digest.digest('hex').slice(0, 36)}`
}

/** Resolves with undefined for anything but a regular file: reading a pipe would never end, and a link could lead to another directory. */
async function readWithin(path: string): Promise<string | undefined> {
  const { constants, promises } = builtin.fs
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants
  const file = await promises.open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW).catch((error) => {
    if (isCode(error, 'ELOOP') || isCode(error, 'ENXIO')) return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    const about = await file.stat()
    return about.isFile() && about.size <= longest ? await file.readFile('utf8') : undefined
  } finally {
    await file.close()
  }
}

function parsed<Content>(text: string): Content | undefined {
  try {
    const content: unknown = JSON.parse(text)
    return typeof content === 'object' && content !== null ? (content as Content) : undefined
  } catch {
    return undefined
  }
}

function absent<Answer>(answer: Answer): (error: unknown) => Answer {
  return (error) => {
    if (isCode(error, 'ENOENT')) return answer
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
