import { builtin } from '../builtin.ts'

/** The largest file in bytes that is read. An encrypted token needs a few thousand. */
const longest = 1_048_576
/** After this many milliseconds, the process that wrote a draft must have died. */
const longestDraft = 3_600_000

/** JSON files in one directory that only this user can read. No reader ever sees a partly written file. */
export interface PrivateDirectory {
  list(): Promise<string[]>
  /** Resolves with undefined if the file does not exist or contains no JSON object. */
  read<Content>(file: string): Promise<Content | undefined>
  /** Resolves with false if the file already exists. */
  create(file: string, content: object): Promise<boolean>
  /** Writes the file, whether it exists or not. */
  replace(file: string, content: object): Promise<void>
  /**
   * Replaces the outdated content `former`, which came from `read`. If many processes try this, only one succeeds. The others get false, and
   * so does a process that finds other content in the file.
   */
  supersede(file: string, former: object | undefined, content: object): Promise<boolean>
  remove(file: string): Promise<void>
  /** Removes the drafts of processes that have died. */
  sweep(): Promise<void>
}

export function privateDirectory(path: string): PrivateDirectory {
  const { mkdir, readdir, writeFile, link, rename, rm, stat } = builtin.fs.promises
  const at = (file: string) => `${path}/${file}`
  const unique = () => at(`.${builtin.crypto.randomUUID()}`)

  async function written(content: object): Promise<string> {
    const draft = unique()
    const write = () => writeFile(draft, JSON.stringify(content), { mode: 0o600, flag: 'wx' })
    try {
      // The directory may have been deleted since it was created.
      await write().catch(async (error) => {
        if (!isCode(error, 'ENOENT')) throw error
        await mkdir(path, { recursive: true, mode: 0o700 })
        await write()
      })
      return draft
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {}) // A full disk leaves a partly written draft.
      throw error
    }
  }

  async function linked(from: string, to: string): Promise<boolean> {
    try {
      await link(from, to)
      return true
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false
      throw error
    } finally {
      await rm(from, { force: true })
    }
  }

  const directory: PrivateDirectory = {
    list: () => readdir(path).catch(absent([])),
    async read(file) {
      const text = await readWithin(at(file)).catch(absent(undefined))
      return text === undefined ? undefined : parsed(text)
    },
    create: async (file, content) => linked(await written(content), at(file)),
    replace: async (file, content) => rename(await written(content), at(file)),
    async supersede(file, former, content) {
      const claim = claimOf(file, former)
      if (!(await directory.create(claim, {}))) return false
      try {
        if (JSON.stringify(await directory.read(file)) !== JSON.stringify(former)) return false
        await directory.replace(file, content)
        return true
      } finally {
        await directory.remove(claim)
      }
    },
    remove: (file) => rm(at(file), { force: true }),
    async sweep() {
      const drafts = (await directory.list()).filter((file) => isDraft.test(file))
      for (const draft of drafts) {
        const { mtimeMs } = await stat(at(draft)).catch(absent({ mtimeMs: Number.POSITIVE_INFINITY }))
        if (Date.now() - mtimeMs > longestDraft) await rm(at(draft), { force: true })
      }
    }
  }
  return directory
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
