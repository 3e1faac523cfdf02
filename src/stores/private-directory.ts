import { builtin } from '../builtin.ts'

/** Bytes. A token and its seal have a few thousand. */
const longest = 1_048_576
/** Milliseconds after which a draft is of a process that has died. */
const longestDraft = 3_600_000

/** JSON files in one directory, readable by this user alone. A file is there whole or not at all. */
export interface PrivateDirectory {
  list(): Promise<string[]>
  /** Undefined when there is no such file, or none that holds an object. */
  read<Content>(file: string): Promise<Content | undefined>
  /** False when there is such a file already. */
  create(file: string, content: object): Promise<boolean>
  /** Writes over the file that is there. */
  replace(file: string, content: object): Promise<void>
  /**
   * Puts the content in the place of `former`, which `read` gave and which counts no more. Of many processes one alone does it: false for
   * the others, and when something else is there meanwhile.
   */
  supersede(file: string, former: object | undefined, content: object): Promise<boolean>
  remove(file: string): Promise<void>
  /** Removes what processes that died have left half done. */
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
      // Somebody who tidies up can have removed the directory since it was made.
      await write().catch(async (error) => {
        if (!isCode(error, 'ENOENT')) throw error
        await mkdir(path, { recursive: true, mode: 0o700 })
        await write()
      })
      return draft
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {}) // a disk that is full keeps a part of it
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
      const drafts = (await readdir(path).catch(absent([]))).filter((file) => isDraft.test(file))
      for (const draft of drafts) {
        const { mtimeMs } = await stat(at(draft)).catch(absent({ mtimeMs: Number.POSITIVE_INFINITY }))
        if (Date.now() - mtimeMs > longestDraft) await rm(at(draft), { force: true })
      }
    }
  }
  return directory
}

const isDraft = /^\.[0-9a-f-]{36}$/

/** Named after what is superseded: who comes late for one has no claim to the next. */
function claimOf(file: string, former: object | undefined): string {
  const digest = builtin.crypto.createHash('sha256').update(JSON.stringify([file, former]))
  return `.${digest.digest('hex').slice(0, 36)}`
}

/** Undefined for what cannot be one of our files: a pipe would never end, and a link leads elsewhere. */
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
