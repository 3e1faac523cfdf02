import { builtin } from '../builtin.ts'

/** JSON files in one directory, readable by this user alone. A file is there whole or not at all. */
export interface PrivateDirectory {
  list(): Promise<string[]>
  /** Undefined when there is no such file, or none that holds an object. */
  read<Content>(file: string): Promise<Content | undefined>
  /** False when there is such a file already. */
  create(file: string, content: object): Promise<boolean>
  /** Writes over the file that is there. */
  replace(file: string, content: object): Promise<void>
  /** Moves the file aside, which one process alone can do, and answers with its new name. Undefined when it is not there. */
  moveAside(file: string): Promise<string | undefined>
  /** The reverse of `moveAside`: false when there is such a file again. */
  moveBack(aside: string, file: string): Promise<boolean>
  remove(file: string): Promise<void>
}

export function privateDirectory(path: string): PrivateDirectory {
  const { mkdir, readdir, readFile, writeFile, link, rename, rm } = builtin.fs.promises
  let made: Promise<unknown> | undefined

  const at = (file: string) => `${path}/${file}`
  const unique = () => at(`.${builtin.crypto.randomUUID()}`)

  async function written(content: object): Promise<string> {
    made ??= mkdir(path, { recursive: true, mode: 0o700 })
    await made.catch((error) => {
      made = undefined
      throw error
    })
    const draft = unique()
    await writeFile(draft, JSON.stringify(content), { mode: 0o600, flag: 'wx' })
    return draft
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

  return {
    list: () => readdir(path).catch(absent([])),
    async read(file) {
      const text = await readFile(at(file), 'utf8').catch(absent(undefined))
      return text === undefined ? undefined : parsed(text)
    },
    create: async (file, content) => linked(await written(content), at(file)),
    replace: async (file, content) => rename(await written(content), at(file)),
    async moveAside(file) {
      const aside = unique()
      const moved = await rename(at(file), aside).then(() => true, absent(false))
      return moved ? aside.slice(path.length + 1) : undefined
    },
    moveBack: (aside, file) => linked(at(aside), at(file)),
    remove: (file) => rm(at(file), { force: true })
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
